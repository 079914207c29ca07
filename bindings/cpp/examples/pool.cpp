/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A pool of threads: one record for the pool, and a child of it for each job.  A job that throws ends its
 * own record as Error, and the pool goes on.
 *
 *     pool [JOBS]        and meanwhile, in another terminal: headway top
 */
#include <headway.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <iostream>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using job = std::function<void(headway::record &)>;

class pool
{
public:
	pool(headway::arena &arena, unsigned threads)
	    : arena_(arena), record_(arena.start({"pool", "jobs"})), parent_(record_.id())
	{
		for (unsigned t = 0; t < threads; t++)
			threads_.emplace_back([this] { work(); });
	}
	/* Waits until all jobs are done. */
	~pool()
	{
		{
			std::lock_guard<std::mutex> lock(mutex_);
			closed_ = true;
		}
		wake_.notify_all();
		for (std::thread &t : threads_)
			t.join();
		record_.try_finish("{\"failed\":" + std::to_string(failed_) + "}");
	}
	void add(std::string name, job what)
	{
		std::lock_guard<std::mutex> lock(mutex_);

		jobs_.emplace_back(std::move(name), std::move(what));
		record_.total(++added_);
		wake_.notify_one();
	}

private:
	void work()
	{
		std::unique_lock<std::mutex> lock(mutex_);

		for (;;) {
			wake_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
			if (jobs_.empty())
				return;
			auto [name, what] = std::move(jobs_.front());
			jobs_.pop_front();
			lock.unlock();
			const bool failed = !run(name, what);
			lock.lock();
			failed_ += failed;
			record_.add();
		}
	}
	bool run(const std::string &name, const job &what)
	try {
		headway::spec child;
		child.name = name;
		child.parent = parent_;
		headway::record record = arena_.start(child);

		what(record);
		record.finish();
		return true;
	} catch (const std::exception &) {
		return false; /* the job's record has the exception's text */
	}

	headway::arena &arena_;
	headway::record record_;
	headway::id parent_;
	std::mutex mutex_;
	std::condition_variable wake_;
	std::deque<std::pair<std::string, job>> jobs_;
	std::vector<std::thread> threads_;
	std::uint64_t added_ = 0, failed_ = 0;
	bool closed_ = false;
};

int main(int argc, char **argv)
try {
	const int jobs = argc > 1 ? std::stoi(argv[1]) : 20;
	headway::arena arena;
	pool workers(arena, 4);

	for (int n = 1; n <= jobs; n++)
		workers.add("job " + std::to_string(n), [n](headway::record &record) {
			record.total(100);
			for (int step = 0; step < 100; step++) {
				if (n % 7 == 0 && step == 50)
					throw std::runtime_error("half way, and no further");
				std::this_thread::sleep_for(std::chrono::milliseconds(1));
				record.add();
			}
		});
} catch (const std::exception &e) {
	std::cerr << "pool: " << e.what() << '\n';
	return 1;
}
