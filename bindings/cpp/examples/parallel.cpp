/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A parallel algorithm whose threads add to one record: how many primes are there below a number?
 *
 *     parallel [BELOW]        and meanwhile, in another terminal: headway top
 */
#include <headway.hpp>

#include <algorithm>
#include <future>
#include <iostream>
#include <numeric>
#include <thread>
#include <vector>

static bool is_prime(std::uint64_t n)
{
	for (std::uint64_t d = 2; d * d <= n; d++)
		if (n % d == 0)
			return false;
	return n > 1;
}

/* Each thread counts every step-th number; the record counts them all. */
static std::uint64_t primes_of(headway::record &record, std::uint64_t from, std::uint64_t below,
			       std::uint64_t step)
{
	std::uint64_t primes = 0;

	for (std::uint64_t n = from; n < below; n += step) {
		primes += is_prime(n);
		record.add();
	}
	return primes;
}

int main(int argc, char **argv)
try {
	const std::uint64_t below = argc > 1 ? std::stoull(argv[1]) : 1000000;
	const std::uint64_t threads = std::max(1u, std::thread::hardware_concurrency());
	headway::arena arena;
	/* An exception from here on ends the record as Error, with its text. */
	headway::record record = arena.start({"primes", "numbers", below});
	std::vector<std::future<std::uint64_t>> parts;

	record.message("Threads", std::to_string(threads));
	for (std::uint64_t t = 0; t < threads; t++)
		parts.push_back(std::async(std::launch::async, primes_of, std::ref(record), t,
					   below, threads));
	const std::uint64_t primes =
		std::accumulate(parts.begin(), parts.end(), std::uint64_t{0},
				[](std::uint64_t sum, auto &part) { return sum + part.get(); });
	record.finish("{\"primes\":" + std::to_string(primes) + "}");
	std::cout << primes << " primes below " << below << '\n';
} catch (const std::exception &e) {
	std::cerr << "parallel: " << e.what() << '\n';
	return 1;
}
