/* The anchor of benches/cold_reads.php: random reads of 4 KiB by io_uring, without a library.
 *
 * reader drop FILE              forgets what is cached of the file
 * reader read FILE COUNT DEPTH  reads; prints reads a second
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 4096
#define MOST_DEPTH 256

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static uint64_t state = 88172645463325252u;
static uint64_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

static int fail(const char *what)
{
	perror(what);
	return 1;
}

int main(int argc, char **argv)
{
	struct io_uring_params p = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN};
	static char buffers[MOST_DEPTH][BLOCK];
	struct stat st;
	int fd = argc > 2 ? open(argv[2], O_RDONLY) : -1;

	if (fd < 0 || fstat(fd, &st) != 0) {
		return fail("open");
	}
	if (strcmp(argv[1], "drop") == 0) {
		return posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0;
	}
	unsigned count = (unsigned) atoi(argv[3]), depth = (unsigned) atoi(argv[4]);
	uint64_t blocks = (uint64_t) st.st_size / BLOCK;
	int ring = depth <= MOST_DEPTH ? (int) syscall(SYS_io_uring_setup, depth, &p) : -1;
	if (ring < 0) {
		return fail("io_uring_setup");
	}
	size_t sq_bytes = p.sq_off.array + p.sq_entries * sizeof(unsigned), cq_bytes = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
	char *sq = mmap(NULL, sq_bytes > cq_bytes ? sq_bytes : cq_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING), *cq = sq;
	struct io_uring_sqe *sqes = mmap(NULL, p.sq_entries * sizeof *sqes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
	if (sq == MAP_FAILED || (void *) sqes == MAP_FAILED || !(p.features & IORING_FEAT_SINGLE_MMAP)) {
		return fail("mmap");
	}
	unsigned *tail = (unsigned *) (sq + p.sq_off.tail), *array = (unsigned *) (sq + p.sq_off.array), mask = *(unsigned *) (sq + p.sq_off.ring_mask);
	unsigned *head = (unsigned *) (cq + p.cq_off.head), *end = (unsigned *) (cq + p.cq_off.tail), cq_mask = *(unsigned *) (cq + p.cq_off.ring_mask);
	struct io_uring_cqe *cqes = (struct io_uring_cqe *) (cq + p.cq_off.cqes);
	unsigned begun = 0, done = 0, to_submit = 0;
	double start = now();
	unsigned free_slots[MOST_DEPTH], free_count = 0;
	for (unsigned i = 0; i < depth; i++) {
		free_slots[free_count++] = i;
	}
	while (done < count) {
		while (free_count && begun < count) {
			unsigned slot = free_slots[--free_count], at = *tail & mask;
			sqes[at] = (struct io_uring_sqe) {.opcode = IORING_OP_READ, .fd = fd, .addr = (uint64_t) (uintptr_t) buffers[slot], .len = BLOCK, .off = next_random() % blocks * BLOCK, .user_data = slot};
			array[at] = at;
			__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
			begun++;
			to_submit++;
		}
		if (syscall(SYS_io_uring_enter, ring, to_submit, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0) {
			return fail("io_uring_enter");
		}
		to_submit = 0;
		for (unsigned h = *head; h != __atomic_load_n(end, __ATOMIC_ACQUIRE); h++) {
			if (cqes[h & cq_mask].res != BLOCK) {
				fprintf(stderr, "a read gave %d\n", cqes[h & cq_mask].res);
				return 1;
			}
			free_slots[free_count++] = (unsigned) cqes[h & cq_mask].user_data;
			done++;
			__atomic_store_n(head, h + 1, __ATOMIC_RELEASE);
		}
	}
	printf("%.0f\n", count / (now() - start));
	return 0;
}
