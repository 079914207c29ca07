/* SPDX-License-Identifier: BSD-3-Clause */
/* Every template and call of the header once, for test_compile.sh. */
#include <headway.hpp>
#include <headway.hpp>

int main();

template class headway::tracked<std::string>;
template class headway::tracked<const std::string &>;
template class headway::tracked<int (&)[3]>;

int main()
{
	headway::arena a, b(headway::closed);
	headway::record r = a.start({"index", "files", 1000}), q = a.resume(r.id());
	headway::snapshot s = a.read(r.id());
	const std::string text = s.json() + s.status_json() + r.id().str();

	if (b.try_open("/headway-use", {HEADWAY_CREATE, 0, 0, 0, 0, nullptr, nullptr, 0, 0}) < 0)
		return 1;
	r.message("key", "value");
	r.update({{"a", "1"}, {"b", text}});
	r.add();
	r.add(0u, 2);
	r.set(1);
	r.total(2);
	r.results("{}");
	r.url("/");
	for (char c : headway::track(text, "letters"))
		q.add(c == 'a');
	for (const headway::message m : s.messages())
		r.message(m.key, m.value);
	a.each([](const headway::snapshot &) {});
	a.each([](auto &each) { return each.done() < 5; });
	a.each([](auto &) { return 0; });
#if defined(__cpp_lib_expected)
	if (auto started = a.try_start())
		started->finish();
#endif
	q.detach();
	r.finish("{}");
	return a.wait(r.id()) + a.wait(r.id(), std::chrono::milliseconds(5)) +
	       static_cast<int>(a.reap().live + a.fsck().damaged + a.info().slots);
}
