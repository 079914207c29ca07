/* SPDX-License-Identifier: BSD-3-Clause */
/* Each call: its effect, its result, and, except with -fno-exceptions, what it throws. */
#include "check.hpp"

#include <map>
#include <sstream>
#include <thread>
#include <unordered_set>
#include <vector>

/* clang 14 does not compile libstdc++'s views. */
#if defined(__cpp_lib_ranges) && (!defined(__clang__) || __clang_major__ > 15)
#define HAS_VIEWS 1
#include <ranges>
#endif

using namespace std::chrono_literals;

static void a_record_from_start_to_end()
{
	test_arena a;
	headway::record r = a.start({"index", "files", 1000});
	const headway::id i = r.id();

	r.message("Stage", "reading");
	r.message(std::string("Stage"), std::string_view("reading on", 7));
	r.update({{"a", "1"}, {"Stage", "writing"}, {"b", ""}});
	r.add();
	r.add(9);
	CHECK_IS(r.status(), HEADWAY_RUNNING);
	headway::snapshot s = a.read(i);
	CHECK_IS(s.status(), HEADWAY_RUNNING);
	CHECK_IS(s.name(), "index");
	CHECK_IS(s.unit(), "files");
	CHECK_IS(s.done(), 10u);
	CHECK_IS(s.total(), 1000u);
	CHECK_IS(s.id(), i);
	CHECK(!s.results());
	CHECK(!s.parent());
	CHECK_IS(s->owner_pid, unsigned(getpid()));
	std::string all;
	for (auto [key, value] : s.messages())
		all += std::string(key) + "=" + std::string(value) + " ";
	CHECK_IS(all, "Stage=writing a=1 b= ");
	CHECK_IS(s.messages()[1].value, "1");
	CHECK_IS(*s.messages()["Stage"], "writing");
	CHECK(!s.messages()["none"]);

	r.set(999);
	r.total(999);
	r.url("/elsewhere");
	r.results("[1, 2]");
	a.read(i, s);
	CHECK_IS(s.done() + s.total(), 1998u);
	CHECK_IS(s.url(), "/elsewhere");
	CHECK_IS(*s.results(), "[1,2]");
	CHECK_IS(s.status_json(),
		 "{\"status\":\"Running\",\"messages\":[{\"key\":\"Stage\",\"value\":"
		 "\"writing\"},{\"key\":\"a\",\"value\":\"1\"},{\"key\":\"b\",\"value\":"
		 "\"\"}],\"results\":[1,2],\"url\":\"/elsewhere\"}\n");
	r.message("long", std::string(5000, 'x'));
	a.read(i, s);
	CHECK(s.json().size() > 5000);
	CHECK(s.json().find("\"lost\":false") != std::string::npos);
	r.finish(R"({"documents": 1000})");
	CHECK_IS(r.status(), HEADWAY_FINISHED);
	CHECK_IS(a.wait(i), HEADWAY_FINISHED);
	CHECK_IS(*a.read(i).results(), "{\"documents\":1000}");
}

static void specs()
{
	test_arena a;
	headway::record parent = a.start();
	headway::spec what;

	what.name = std::string_view("name and more", 4);
	what.parent = parent.id();
	what.counters = {"bytes", "errors"};
	what.ttl = 90s;
	what.flags = HEADWAY_DETACHED;
	headway::record r = a.start(what);
	r.add(1u, 5);
	CHECK_IS(r.try_add(2u, 5), -EINVAL);
	headway::snapshot s = a.read(r.id());
	CHECK_IS(s.name(), "name");
	CHECK_IS(*s.parent(), parent.id());
	CHECK_IS(*s.counter("errors"), 5u);
	CHECK_IS(*s.counter("bytes"), 0u);
	CHECK(!s.counter("none"));
	CHECK_IS(s->ttl_seconds, 90u);
	CHECK_IS(s->detached, 1);

	headway::record none;
	what.name = std::string_view("a\0b", 3);
	CHECK_IS(a.try_start(what, none), -EINVAL);
	const std::string longer(5000, 'n');
	what.name = longer;
	CHECK_IS(a.try_start(what, none), 0);
	CHECK_IS(a.read(none.id()).name(), longer);
	what.ttl = -1s;
	CHECK_IS(a.try_start(what, none), -EINVAL);
}

static void requests_to_stop()
{
	test_arena a;
	headway::record r = a.start(), none;

	CHECK(!r.cancelled());
	CHECK(!a.read(r.id()).cancel_reason());
	CHECK_IS(a.try_cancel(r.id(), std::string_view("a\0b", 3)), -EINVAL);
	a.cancel(r.id(), std::string_view("enough said", 6));
	CHECK(r.cancelled());
	CHECK_IS(*a.read(r.id()).cancel_reason(), "enough");
	CHECK_IS(r.status(), HEADWAY_RUNNING);
	r.finish();
	CHECK_IS(a.try_cancel(r.id()), -EALREADY);
	CHECK_IS(none.try_cancelled(), -EINVAL);
	CHECK(noexcept(r.try_cancelled()));
	headway::record other = a.start();
	a.cancel(other.id());
	CHECK_IS(*a.read(other.id()).cancel_reason(), "");
}

static void twins_return_what_c_returns()
{
	test_arena a;
	headway::record r = a.start(), none;
	const headway::message nul[] = {{"k", std::string_view("a\0b", 3)}};

	CHECK_IS(r.try_message("", "v"), -EINVAL);
	CHECK_IS(r.try_message("k", std::string_view("a\0b", 3)), -EINVAL);
	CHECK_IS(r.try_message("k", {}), 0);
	CHECK_IS(r.try_update(nul, 1), -EINVAL);
	CHECK_IS(r.try_update(nullptr, 0), 0);
	CHECK_IS(r.try_url(std::string_view("a\0b", 3)), -EINVAL);
	CHECK_IS(r.try_error(std::string_view("a\0b", 3)), -EINVAL);
	CHECK_IS(r.try_results("{"), -EINVAL);
	CHECK_IS(r.try_message(std::string(70000, 'k'), "v"), -E2BIG);
	CHECK_IS(r.try_error("enough"), 0);
	for (int code : {r.try_add(), r.try_set(1), r.try_total(1), r.try_message("k", "v"),
			 r.try_update({{"k", "v"}}), r.try_results("1"), r.try_url("u"),
			 r.try_finish(), r.try_finish("1"), r.try_error("again")})
		CHECK_IS(code, -EALREADY);
	CHECK_IS(a.said(r.id(), "Error"), "enough");
	for (int code : {none.try_add(), none.try_message("k", "v"), none.try_finish(),
			 none.try_status(), none.try_error({})})
		CHECK_IS(code, -EINVAL);
	CHECK(!none);
	CHECK(r);
	const std::string_view text = "1";
	CHECK(noexcept(r.try_add()));
	CHECK(noexcept(r.try_message(text, text)));
	CHECK(noexcept(r.try_finish(text)));
	headway::arena closed(headway::closed);
	CHECK_IS(closed.try_start({}, none), -EINVAL);
	a.close();
	CHECK_IS(r.try_message("k", "v"), -ESTALE);
}

static void ids()
{
	test_arena a;
	headway::record r = a.start(), q = a.start();
	const std::string text = r.id().str();
	std::ostringstream stream;

	stream << r.id();
	CHECK_IS(stream.str(), text);
	CHECK_IS(text.size(), 36u);
	CHECK_IS(headway::id(text), r.id());
	CHECK(r.id() != q.id());
	CHECK((r.id() < q.id()) != (q.id() < r.id()));
	headway::id i;
	CHECK_IS(i.try_parse("rubbish"), -EINVAL);
	CHECK_IS(i.try_parse(text.substr(1)), -EINVAL);
	CHECK_IS(i.try_parse(text), 0);
	std::unordered_set<headway::id> set{r.id(), q.id(), i};
	CHECK_IS(set.size(), 2u);
}

static void each_walks()
{
	test_arena a;
	std::vector<headway::record> records;

	for (int k = 0; k < 10; k++)
		records.push_back(a.start({"walked"}));
	int seen = 0;
	CHECK_IS(a.each([&](const headway::snapshot &s) { seen += s.name() == "walked"; }), 10u);
	CHECK_IS(seen, 10);
	CHECK_IS(a.each([&](auto &) { return --seen > 5; }), 5u);
	CHECK_IS(a.each([&](auto &) { return seen++ < 8 ? 0 : -1; }), 4u);
	const auto count = [](const headway::snapshot &s) { return s.done() != 0; };
	CHECK_IS(a.each(count), 1u);
	headway::snapshot kept;
	CHECK(kept.empty());
	CHECK_IS(a.try_read(records[0].id(), kept), 0);
	CHECK(!kept.empty());
	headway::snapshot moved = std::move(kept);
	CHECK_IS(moved.name(), "walked");
}

static void waiting()
{
	test_arena a;
	headway::record r = a.start();
	const headway::id i = r.id();

	CHECK_IS(a.try_wait(i, 0s), -ETIMEDOUT);
	CHECK_IS(a.try_wait(i, -5min), -ETIMEDOUT);
	CHECK_IS(a.try_wait(i, 1ns), -ETIMEDOUT);
	std::thread ends([&] { r.finish(); });
	CHECK_IS(a.try_wait(i, std::chrono::duration<double>(1e30)), HEADWAY_FINISHED);
	ends.join();
	CHECK_IS(a.try_wait(i, std::chrono::hours::max()), HEADWAY_FINISHED);
}

static void looking_after()
{
	test_arena a;
	headway_reap_policy policy = {};
	headway::record r = a.start();
	const headway::id i = r.id();

	CHECK_IS(a.info().slots, 64u);
	r.finish();
	r = headway::record();
	policy.flags = HEADWAY_DRY_RUN;
	CHECK_IS(a.reap(policy).live, 0u);
	CHECK_IS(a.fsck().damaged, 0u);
	a.remove(i);
	CHECK_IS(a.status(i), -1);
	CHECK_IS(a.try_unlink("/headway-cpp-no-such-arena"), -ENOENT);
}

static void full()
{
	test_arena a({0, 8, 0, 2, 0, nullptr, nullptr, 0, 0});
	std::vector<headway::record> records(8);
	headway::record more;
	const auto bytes = static_cast<std::size_t>(a.info().bytes);

	for (headway::record &r : records)
		CHECK_IS(a.try_start({}, r), 0);
	CHECK_IS(a.try_start({}, more), -ENOSPC);
	CHECK_IS(records[0].try_message("k", "kept"), 0);
	CHECK_IS(records[0].try_message("k", std::string(bytes * 2, 'x')), -E2BIG);
	CHECK_IS(a.said(records[0].id(), "k"), "kept");
	int code = 0;
	for (std::size_t k = 0; !code && k < records.size(); k++)
		code = records[k].try_message("k", std::string(bytes / 6, 'x'));
	CHECK_IS(code, -ENOSPC);
	CHECK_IS(a.fsck().damaged, 0u);
}

static void many_records()
{
	headway::options o;

	o.slots = 100000;
	o.members = 1;
	test_arena a(o);
	std::vector<headway::record> records;
	for (int k = 0; k < 100000; k++) {
		records.push_back(a.start({"one of many"}));
		records.back().add(1);
	}
	std::uint64_t done = 0;
	CHECK_IS(a.each([&](const headway::snapshot &s) { done += s.done(); }), 100000u);
	CHECK_IS(done, 100000u);
	for (headway::record &r : records)
		r.finish();
}

static void threads()
{
	test_arena a;
	headway::record r = a.start();
	std::vector<std::thread> all;

	for (int k = 0; k < 8; k++)
		all.emplace_back([&, k] {
			for (int n = 0; n < 10000; n++)
				r.add();
			for (int n = 0; n < 200; n++)
				r.message("thread " + std::to_string(k), std::to_string(n));
		});
	for (std::thread &t : all)
		t.join();
	headway::snapshot s = a.read(r.id());
	CHECK_IS(s.done(), 80000u);
	CHECK_IS(s.messages().size(), 8u);
	CHECK_IS(*s.messages()["thread 5"], "199");
	r.finish();
}

/* An arena whose name was removed and used again: it stays usable for those that have it open. */
static void replaced()
{
	test_arena a;
	headway::record r = a.start();

	headway::arena::unlink(a.name().c_str());
	headway::arena next(a.name());
	headway::record q = next.start();
	r.message("k", "v");
	CHECK_IS(a.said(r.id(), "k"), "v");
	headway::snapshot s;
	CHECK_IS(next.try_read(r.id(), s), -ENOENT);
	q.finish();
	r.finish();
	static_cast<headway::arena &>(a) = std::move(next);
	CHECK_IS(a.status(q.id()), HEADWAY_FINISHED);
}

static void check_loop(const headway::arena &a, std::string_view name, int status,
		       std::uint64_t done, std::uint64_t total)
{
	int seen = 0;

	a.each([&](const headway::snapshot &s) {
		if (s.name() != name)
			return;
		seen++;
		CHECK_IS(s.status(), status);
		CHECK_IS(s.done(), done);
		CHECK_IS(s.total(), total);
	});
	CHECK_IS(seen, 1);
}

static void tracked_loops()
{
	test_arena a;
	std::vector<int> numbers{1, 2, 3};
	const std::vector<int> nothing;
	int plain[] = {1, 2, 3, 4}, sum = 0;

	for (int &x : headway::track(a, numbers, {"by reference"}))
		x *= 2;
	CHECK_IS(numbers[2], 6);
	check_loop(a, "by reference", HEADWAY_FINISHED, 3, 3);
	for (auto &&[key, value] :
	     headway::track(a, std::map<int, int>{{1, 2}, {3, 4}}, {"a temporary"}))
		sum += key * value;
	CHECK_IS(sum, 14);
	check_loop(a, "a temporary", HEADWAY_FINISHED, 2, 2);
	for (int x : headway::track(a, plain, {"left early", "", 40}))
		if (x == 3)
			break;
	check_loop(a, "left early", HEADWAY_FINISHED, 2, 40);
	for (int x : headway::track(a, nothing, {"empty"}))
		CHECK(x && false);
	check_loop(a, "empty", HEADWAY_FINISHED, 0, 0);
	setenv("HEADWAY_ARENA", a.name().c_str(), 1);
	for (int x : headway::track(numbers, "the default arena"))
		sum += x;
	check_loop(a, "the default arena", HEADWAY_FINISHED, 3, 3);
	CHECK_IS(sum, 26);
}

static void loops_of_other_kinds()
{
	test_arena a;
	std::vector<int> numbers{1, 2, 3};
	std::istringstream words("a b c");
	struct {
		std::istringstream &from;
		auto begin() { return std::istream_iterator<std::string>(from); }
		auto end() { return std::istream_iterator<std::string>(); }
	} stream{words};
	std::string read;

	for (auto &&word : headway::track(a, stream, {"no size"}))
		read += word;
	CHECK_IS(read, "abc");
	check_loop(a, "no size", HEADWAY_FINISHED, 3, 0);
	auto loop = headway::track(a, numbers, {"ended by somebody else"});
	for (int x : loop)
		if (x == 2)
			a.resume(loop.record().id()).error("enough");
	check_loop(a, "ended by somebody else", HEADWAY_ERROR, 1, 3);
#if defined(HAS_VIEWS)
	int sum = 0;
	for (int x : headway::track(a, std::views::iota(0, 5), {"a view"}))
		sum += x;
	CHECK_IS(sum, 10);
	check_loop(a, "a view", HEADWAY_FINISHED, 5, 5);
#endif
}

#if defined(__cpp_lib_expected)
static void expected_values()
{
	test_arena a;
	auto made = headway::arena::try_make(a.name().c_str());
	CHECK(made.has_value());
	auto r = made->try_start({"expected"});
	CHECK(r.has_value());
	auto s = a.try_read(r->id());
	CHECK_IS(s.value().name(), "expected");
	CHECK(!a.try_read(headway::id()).has_value());
	CHECK(a.try_read(headway::id()).error() == std::errc::no_such_file_or_directory);
	CHECK(made->try_resume(r->id()).has_value());
	headway::options only;
	only.flags = HEADWAY_READ_ONLY;
	auto none = headway::arena::try_make("/headway-cpp-no-such-arena", only);
	CHECK(!none && none.error().value() == ENOENT);
	r->finish();
}
#endif

#if defined(__cpp_exceptions)
static void errors_are_thrown()
{
	test_arena a;
	headway::record r = a.start(), none;
	headway::options o;

	o.flags = HEADWAY_READ_ONLY;
	CHECK_THROWS(headway::arena("/headway-cpp-no-such-arena", o), ENOENT, "no such arena");
	CHECK_THROWS(headway::arena(""), EINVAL, "headway_open: ");
	CHECK_THROWS(a.read(headway::id()), ENOENT, "headway_read: ");
	CHECK_THROWS(a.resume(headway::id()), ENOENT, "headway_resume: ");
	CHECK_THROWS(headway::id("rubbish"), EINVAL, "headway::id: ");
	CHECK_THROWS(a.wait(r.id(), 0s), ETIMEDOUT, "timed out");
	CHECK_THROWS(none.id(), EINVAL, "");
	CHECK_THROWS(r.message("", ""), EINVAL, "headway_message: ");
	CHECK_THROWS(r.update({{"", ""}}), EINVAL, "headway_update: ");
	r.finish();
	CHECK_THROWS(r.add(), EALREADY, "headway_add: the record is already");
	CHECK_THROWS(r.set(1), EALREADY, "headway_set");
	CHECK_THROWS(r.total(1), EALREADY, "headway_set_total");
	CHECK_THROWS(r.message("k", "v"), EALREADY, "nothing was changed");
	CHECK_THROWS(r.finish(), EALREADY, "headway_finish");
	CHECK_THROWS(r.finish("1"), EALREADY, "headway_finish_with_results");
	CHECK_THROWS(r.error("late"), EALREADY, "headway_error");
	CHECK_THROWS(r.results("1"), EALREADY, "headway_results");
	CHECK_THROWS(r.url("u"), EALREADY, "headway_url");
	const headway::id i = r.id();
	r = headway::record();
	a.remove(i);
	CHECK_THROWS(a.read(i), ESTALE, "gone");
	try {
		a.read(i);
	} catch (const std::system_error &e) {
		CHECK(e.code() != std::errc::no_space_on_device);
		CHECK_IS(e.code().value(), ESTALE);
		CHECK_IS(std::string(e.code().category().name()), "headway");
	}
	CHECK(headway::make_error_code(-ENOSPC) == std::errc::no_space_on_device);
}

static void what_a_walk_throws_arrives()
{
	test_arena a;
	headway::record r = a.start(), q = a.start();
	int seen = 0;
	std::string said;

	try {
		a.each([&](const headway::snapshot &) {
			seen++;
			throw std::runtime_error("enough");
		});
	} catch (const std::runtime_error &e) {
		said = e.what();
	}
	CHECK_IS(said, "enough");
	CHECK_IS(seen, 1);
}
#endif

int main()
{
	alarm(120);
	a_record_from_start_to_end();
	specs();
	requests_to_stop();
	twins_return_what_c_returns();
	ids();
	each_walks();
	waiting();
	looking_after();
	full();
	threads();
	replaced();
	tracked_loops();
	loops_of_other_kinds();
	many_records();
#if defined(__cpp_lib_expected)
	expected_values();
#endif
#if defined(__cpp_exceptions)
	errors_are_thrown();
	what_a_walk_throws_arrives();
#endif
	return failures != 0;
}
