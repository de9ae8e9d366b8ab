/* Ends the process with SIGKILL at the Nth change of a file whose path holds KILL_PATH: before it (KILL_WHEN=before) or after.
   With KILL_COUNT instead of KILL_AT the number of changes is written there at the end. Loaded by LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static long seen;

static int ours(int fd) {
    char link[64], path[4096];
    const char *part = getenv("KILL_PATH");
    if (!part) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, part) != NULL;
}

static int named(const char *path) {
    const char *part = getenv("KILL_PATH");
    return part && path && strstr(path, part) != NULL;
}

static void point(int is_ours, int after) {
    const char *at = getenv("KILL_AT"), *when = getenv("KILL_WHEN"), *count = getenv("KILL_COUNT");
    if (!is_ours) return;
    if (!after) {
        seen++;
        if (count) {
            /* Not through our own functions: fopen writes by inner calls. */
            FILE *file = fopen(count, "w");
            if (file) { fprintf(file, "%ld", seen); fclose(file); }
        }
    }
    int wants_after = when && strcmp(when, "after") == 0;
    if (at && seen == atol(at) && after == wants_after) kill(getpid(), SIGKILL);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define ACT(mine, call) do { int is_ours = (mine); point(is_ours, 0); __typeof__(call) out = (call); point(is_ours, 1); return out; } while (0)

ssize_t write(int fd, const void *b, size_t n) { ACT(ours(fd), REAL(write)(fd, b, n)); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t o) { ACT(ours(fd), REAL(pwrite)(fd, b, n, o)); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t o) { ACT(ours(fd), REAL(pwrite64)(fd, b, n, o)); }
int fsync(int fd) { ACT(ours(fd), REAL(fsync)(fd)); }
int fdatasync(int fd) { ACT(ours(fd), REAL(fdatasync)(fd)); }
int ftruncate(int fd, off_t n) { ACT(ours(fd), REAL(ftruncate)(fd, n)); }
int ftruncate64(int fd, off64_t n) { ACT(ours(fd), REAL(ftruncate64)(fd, n)); }
int unlink(const char *p) { ACT(named(p), REAL(unlink)(p)); }
int rename(const char *a, const char *b) { ACT(named(a) || named(b), REAL(rename)(a, b)); }
