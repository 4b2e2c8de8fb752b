// SPDX-License-Identifier: Apache-2.0
// The loops whose cost must not be that of an interpreter. Prints the seconds that the loop took.
//
//   probe files LIST       opens, reads 4 KiB of, and closes each file named in LIST (one path a line)
//   probe sequential FILE  reads FILE to its end in steps of 1 MiB
//   probe missing COUNT    looks up COUNT names that are not in the current directory, each once
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char buffer[1 << 20];

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static char **read_list(const char *path, size_t *count) {
  FILE *list = fopen(path, "r");
  if (list == NULL) fail(path);
  char **names = NULL, *line = NULL;
  size_t room = 0;
  *count = 0;
  for (ssize_t length; (length = getline(&line, &room, list)) > 0;) {
    line[length - 1] = '\0';
    names = realloc(names, (*count + 1) * sizeof *names);
    if (names == NULL || (names[(*count)++] = strdup(line)) == NULL) fail("memory");
  }
  fclose(list);
  return names;
}

static void read_files(const char *list) {
  size_t count;
  char **names = read_list(list, &count);
  const double start = now();
  for (size_t i = 0; i < count; ++i) {
    const int file = open(names[i], O_RDONLY | O_CLOEXEC);
    if (file < 0 || read(file, buffer, 4096) < 0) fail(names[i]);
    close(file);
  }
  printf("%.9f\n", now() - start);
}

static void read_sequentially(const char *path) {
  const double start = now();
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) fail(path);
  ssize_t got;
  while ((got = read(file, buffer, sizeof buffer)) > 0) {
  }
  if (got < 0) fail(path);
  close(file);
  printf("%.9f\n", now() - start);
}

static void look_up_missing(int count) {
  char name[32];
  struct stat status;
  const double start = now();
  for (int i = 0; i < count; ++i) {
    snprintf(name, sizeof name, "missing-%d", i);
    if (stat(name, &status) == 0 || errno != ENOENT) fail(name);
  }
  printf("%.9f\n", now() - start);
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "files") == 0) {
    read_files(argv[2]);
  } else if (argc == 3 && strcmp(argv[1], "sequential") == 0) {
    read_sequentially(argv[2]);
  } else if (argc == 3 && strcmp(argv[1], "missing") == 0) {
    look_up_missing(atoi(argv[2]));
  } else {
    fprintf(stderr, "usage: probe files LIST | sequential FILE | missing COUNT\n");
    return 2;
  }
  return 0;
}
