/* Preloaded into a process: its wall clock may be wrong, and writes to some of its files fail. What
   is wrong stands in a mapped file, so that it can change while the process runs. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static volatile struct { long long ahead; long long error; } *told;
static const char *under;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("CUELINE_PRELOAD_TOLD");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *mapped = mmap(NULL, sizeof *told, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  under = getenv("CUELINE_PRELOAD_UNDER");
  if (mapped != MAP_FAILED) told = mapped;
}

static long long ahead(void) { return told ? told->ahead : 0; }

int clock_gettime(clockid_t clock, struct timespec *now) {
  int failed = (int)syscall(SYS_clock_gettime, clock, now);
  if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += ahead();
  return failed;
}

int gettimeofday(struct timeval *now, void *zone) {
  int failed = (int)syscall(SYS_gettimeofday, now, zone);
  if (!failed) now->tv_sec += ahead();
  return failed;
}

time_t time(time_t *into) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (into) *into = now.tv_sec;
  return now.tv_sec;
}

/* Whether a write that ends at `end` fails. A full disk only refuses what makes a file longer. */
static int fails(int file, off_t end) {
  long long error = told ? told->error : 0;
  char name[64], path[PATH_MAX];
  struct stat is;
  if (!error || !under) return 0;
  snprintf(name, sizeof name, "/proc/self/fd/%d", file);
  ssize_t length = readlink(name, path, sizeof path - 1);
  if (length < 0 || strncmp(path, under, strlen(under))) return 0;
  if (error == ENOSPC && (fstat(file, &is) || end <= is.st_size)) return 0;
  errno = (int)error;
  return 1;
}

static off_t at(int file) {
  if (!told || !told->error) return 0;
  return lseek(file, 0, fcntl(file, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
}

static off_t sum(const struct iovec *parts, int count) {
  off_t bytes = 0;
  while (count--) bytes += parts++->iov_len;
  return bytes;
}

ssize_t write(int file, const void *from, size_t bytes) {
  int before = errno;
  off_t end = at(file) + (off_t)bytes; /* no place in a socket: -1, and fails() passes it over */
  errno = before;
  return fails(file, end) ? -1 : syscall(SYS_write, file, from, bytes);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
  int before = errno;
  off_t end = at(file) + sum(parts, count);
  errno = before;
  return fails(file, end) ? -1 : syscall(SYS_writev, file, parts, count);
}

ssize_t pwrite64(int file, const void *from, size_t bytes, off_t place) {
  if (fails(file, place + (off_t)bytes)) return -1;
  return syscall(SYS_pwrite64, file, from, bytes, place);
}

ssize_t pwrite(int file, const void *from, size_t bytes, off_t place) {
  return pwrite64(file, from, bytes, place);
}

ssize_t pwritev64(int file, const struct iovec *parts, int count, off_t place) {
  if (fails(file, place + sum(parts, count))) return -1;
  return syscall(SYS_pwritev, file, parts, count, place, 0);
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t place) {
  return pwritev64(file, parts, count, place);
}

int posix_fallocate64(int file, off_t place, off_t bytes) {
  if (fails(file, place + bytes)) return errno;
  return syscall(SYS_fallocate, file, 0, place, bytes) ? errno : 0;
}

int posix_fallocate(int file, off_t place, off_t bytes) {
  return posix_fallocate64(file, place, bytes);
}

int fsync(int file) { return fails(file, 0) ? -1 : (int)syscall(SYS_fsync, file); }

int fdatasync(int file) { return fails(file, 0) ? -1 : (int)syscall(SYS_fdatasync, file); }
