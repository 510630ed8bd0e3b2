/* Faults at chosen system calls, for a process that has this preloaded and calls fault_arm().
 *
 * Every call that changes a file or folder below the armed folder counts as one point. At the chosen
 * point the process is killed, tears its write and is killed, or gets an error once or from then on.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum mode { KILL, TORN, IO_ERROR_ONCE, IO_ERROR, DISK_FULL_ONCE, DISK_FULL };

static char folder[PATH_MAX];
static size_t folder_length;
static long chosen_point;
static int chosen_mode;
static long points;

void fault_arm(const char *path, long point, int mode) {
  snprintf(folder, sizeof folder, "%s", path);
  folder_length = strlen(folder);
  chosen_point = point;
  chosen_mode = mode;
  points = 0;
}

long fault_points(void) { return points; }

static int is_below(const char *path) {
  return folder_length > 0 && strncmp(path, folder, folder_length) == 0;
}

static int is_file_below(int descriptor) {
  char link[64], path[PATH_MAX];
  if (folder_length == 0) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = '\0';
  return is_below(path);
}

/* 0: go on; otherwise the error to return. A torn write goes on too, and dies in torn(). */
static int fault(void) {
  long point = ++points;
  int sticky = chosen_mode == IO_ERROR || chosen_mode == DISK_FULL;
  if (chosen_point == 0 || point < chosen_point || (point > chosen_point && !sticky)) return 0;
  if (chosen_mode == KILL) kill(getpid(), SIGKILL);
  if (chosen_mode == TORN) return 0;
  return chosen_mode == DISK_FULL_ONCE || chosen_mode == DISK_FULL ? ENOSPC : EIO;
}

static int is_torn(void) { return chosen_mode == TORN && points == chosen_point; }

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define REFUSE_IF(condition)          \
  do {                                \
    int error = (condition) ? fault() : 0; \
    if (error) {                      \
      errno = error;                  \
      return -1;                      \
    }                                 \
  } while (0)

ssize_t write(int descriptor, const void *data, size_t size) {
  int ours = is_file_below(descriptor);
  REFUSE_IF(ours);
  if (ours && is_torn()) {
    REAL(write)(descriptor, data, size / 2);
    kill(getpid(), SIGKILL);
  }
  return REAL(write)(descriptor, data, size);
}

ssize_t pwrite64(int descriptor, const void *data, size_t size, off64_t offset) {
  int ours = is_file_below(descriptor);
  REFUSE_IF(ours);
  if (ours && is_torn()) {
    REAL(pwrite64)(descriptor, data, size / 2, offset);
    kill(getpid(), SIGKILL);
  }
  return REAL(pwrite64)(descriptor, data, size, offset);
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  REFUSE_IF(is_file_below(descriptor));
  return REAL(writev)(descriptor, parts, count);
}

int fsync(int descriptor) {
  REFUSE_IF(is_file_below(descriptor));
  return REAL(fsync)(descriptor);
}

int fdatasync(int descriptor) {
  REFUSE_IF(is_file_below(descriptor));
  return REAL(fdatasync)(descriptor);
}

int ftruncate64(int descriptor, off64_t length) {
  REFUSE_IF(is_file_below(descriptor));
  return REAL(ftruncate64)(descriptor, length);
}

int rename(const char *from, const char *to) {
  REFUSE_IF(is_below(to));
  return REAL(rename)(from, to);
}

int unlink(const char *path) {
  REFUSE_IF(is_below(path));
  return REAL(unlink)(path);
}

int mkdir(const char *path, mode_t mode) {
  REFUSE_IF(is_below(path));
  return REAL(mkdir)(path, mode);
}

int unlinkat(int parent, const char *path, int flags) {
  REFUSE_IF(is_below(path) || (path[0] != '/' && is_file_below(parent)));
  return REAL(unlinkat)(parent, path, flags);
}

int rmdir(const char *path) {
  REFUSE_IF(is_below(path));
  return REAL(rmdir)(path);
}
