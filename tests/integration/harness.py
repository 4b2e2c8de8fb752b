# SPDX-License-Identifier: Apache-2.0
"""What every integration test stands on: lamina as a command with a private store, and a test case that afterwards
unmounts what is left, lets `lamina check` look at the store, and takes everything away."""

import contextlib
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import compare_trees

LAMINA = os.environ.get("LAMINA", "lamina")
NOBODY = 65534
PROMPTLY = 10  # seconds after which something that should happen at once has failed
UNSTORED = ("tmp", "lock", "layer-claims")  # of a store: its staging, and the files that commands lock
SIGNS_OF_A_CRASH = ("terminate called", "what():", "Sanitizer", "Segmentation", "core dumped", "std::", "#0 ")


class Session:
    """One run of the suite: a directory for everything. It is a small disk of its own, an ext4 in a file: user xattrs and
    nanoseconds are sure to work, and to delete thousands of files takes no time, as it can on a disk with `discard`."""

    directory = None

    @classmethod
    def path(cls, name=None):
        if cls.directory is None:
            outer = pathlib.Path(tempfile.mkdtemp(prefix="lamina-test-", dir=os.environ.get("TMPDIR", "/var/tmp")))
            outer.chmod(0o755)
            cls.directory = outer / "disk"
            cls.directory.mkdir()
            disk = outer / "disk.ext4"
            with disk.open("wb") as file:
                file.truncate(32 << 30)  # sparse: takes what is used
            for command in (["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=1,nodiscard", disk],
                            ["mount", "-o", "loop,noatime", disk, cls.directory]):
                subprocess.run(command, check=True)
            cls.directory.chmod(0o755)
        return cls.directory / name if name else cls.directory

    @classmethod
    def end(cls):
        if cls.directory:
            unmount_below(cls.directory)
            subprocess.run(["umount", "--lazy", cls.directory], check=False)
            shutil.rmtree(cls.directory.parent, ignore_errors=True)


def mountpoints():
    """What is mounted where: path → its line of mountinfo, split."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        lines = [line.split() for line in file]
    return {re.sub(r"\\(\d{3})", lambda match: chr(int(match[1], 8)), line[4]): line for line in lines}


def own_mountpoints():
    """Mount points of this run; others on the machine may come and go."""
    return {path for path in mountpoints() if path.startswith(f"{Session.path()}/")}


def mount_options(path):
    line = mountpoints()[str(path)]
    return set(line[5].split(","))


def is_mounted(path):
    return str(path) in mountpoints()


def unmount_below(directory):
    for path in sorted(mountpoints(), reverse=True):
        if path.startswith(f"{directory}/"):
            subprocess.run(["umount", "--lazy", path], check=False)


def wait_for(condition, what, seconds=PROMPTLY):
    """Waits until `condition()` is true and returns what it gave."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s still not: {what}")
        time.sleep(0.01)


def is_alive(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def listing(directory, without=UNSTORED):
    """Every entry below a directory and the hash of its bytes; `without` names entries at the top to leave out."""
    found = {}
    for folder, folders, files in os.walk(directory):
        place = pathlib.Path(folder).relative_to(directory)
        if place == pathlib.Path("."):
            folders[:] = [name for name in folders if name not in without]
            files = [name for name in files if name not in without]
        found.update({str(place / name) + "/": "" for name in folders})
        for name in files:
            path = pathlib.Path(folder, name)
            found[str(place / name)] = os.readlink(path) if path.is_symlink() else compare_trees.sha256_of(path)
    return found


class Lamina:
    """The command, with one store. `user` runs it as somebody else; `wrapper` puts a command in front."""

    def __init__(self, store, user=None):
        self.store = pathlib.Path(store)
        self.prefix = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        self.binary = readable_by_all(LAMINA) if user else LAMINA

    def command(self, *arguments):
        return [*self.prefix, self.binary, "--store", str(self.store), *(os.fspath(item) for item in arguments)]

    def run(self, *arguments, expect=0, env=None, timeout=120, stdin=subprocess.DEVNULL, cwd=None):
        """Runs a command to its end; `expect` is the exit code wanted, None for any."""
        done = subprocess.run(self.command(*arguments), stdin=stdin, capture_output=True, timeout=timeout, cwd=cwd,
                              env={**os.environ, **(env or {})}, check=False)
        done.stdout, done.stderr = os.fsdecode(done.stdout), os.fsdecode(done.stderr)
        if expect is not None and done.returncode != expect:
            shown = " ".join(map(os.fsdecode, arguments))
            raise AssertionError(f"`lamina {shown}` exited {done.returncode}, expected {expect}\n"
                                 f"stdout: {done.stdout}\nstderr: {done.stderr}")
        return done

    def json(self, *arguments):
        return json.loads(self.run(*arguments).stdout)

    def start(self, *arguments, **more):
        return subprocess.Popen(self.command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **more)

    def import_image(self, source, *more):
        """Imports quietly known-good images; returns the image's ID as the summary gives it."""
        summary = self.run("import", source, *more).stdout
        found = re.findall(r"sha256:[0-9a-f]{64}", summary)
        if not found:
            raise AssertionError(f"no image ID in the summary: {summary!r}")
        return found[0]

    def inspect(self, image):
        return self.json("inspect", image)[0]

    def image_ids(self):
        return sorted({image["id"] for image in self.json("images", "--json")})

    def mounts(self):
        return self.json("mounts", "--json")

    def daemon_pid(self, mountpoint):
        return next(mount["pid"] for mount in self.mounts() if mount["mountpoint"] == str(mountpoint))

    def staging(self):
        tmp = self.store / "tmp"
        return sorted(os.listdir(tmp)) if tmp.exists() else []


def readable_by_all(binary):
    """A copy of lamina that other users may run, wherever the build directory is."""
    copy = Session.path("lamina-for-all")
    if not copy.exists():
        shutil.copy(shutil.which(binary), copy)
        copy.chmod(0o755)
    return str(copy)


class LaminaTestCase(unittest.TestCase):
    """A test with a fresh directory and store. A test that damages its store says so with `store_is_damaged`."""

    maxDiff = None
    disk = None  # where the tests of a class have their directories, if not in the session's own

    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix=self._testMethodName[:40] + "-", dir=self.disk or Session.path()))
        self.work.chmod(0o755)
        self.lamina = Lamina(self.work / "store")
        self.check_expected = 0
        self.addCleanup(self.clean_up)

    def store_is_damaged(self):
        self.check_expected = 1

    def tearDown(self):
        unmount_below(self.work)
        if self.lamina.store.exists() and self.check_expected is not None:
            self.lamina.run("check", expect=self.check_expected)

    def clean_up(self):
        unmount_below(self.work)
        shutil.rmtree(self.work, ignore_errors=True)

    def folder(self, name, mode=0o755):
        path = self.work / name
        path.mkdir()
        path.chmod(mode)
        return path

    @contextlib.contextmanager
    def mounted(self, image, *options, name="mnt", lamina=None):
        """Mounts read-only for the block; afterwards nothing of it may be left, and no stored byte changed."""
        lamina = lamina or self.lamina
        mountpoint = self.work / name
        mountpoint.mkdir(exist_ok=True)
        before = self.stored_bytes(lamina)
        lamina.run("mount", "--ro", *options, image, mountpoint)
        pid = lamina.daemon_pid(mountpoint)
        try:
            yield mountpoint
        except BaseException:
            unmount_below(self.work)  # for the subtests that follow
            raise
        lamina.run("umount", mountpoint)
        self.assertFalse(is_mounted(mountpoint), "still mounted after umount")
        wait_for(lambda: not is_alive(pid), "the daemon of an unmounted image has ended")
        self.assertEqual(self.stored_bytes(lamina), before, "a mount changed what is stored")

    def stored_bytes(self, lamina=None):
        return listing((lamina or self.lamina).store, without=(*UNSTORED, "mounts"))

    def assert_objects_true_to_name(self):
        for path in (self.lamina.store / "objects").glob("*/*"):
            self.assertEqual(hashlib.sha256(path.read_bytes()).hexdigest()[-len(path.name):], path.name)

    def assert_same_tree(self, expected, mountpoint):
        differences = compare_trees.compare(expected, mountpoint, is_mount=True)
        self.assertFalse(differences, "\n" + "\n".join(differences[:40]))

    def assert_one_sentence(self, done, *patterns):
        """The way lamina fails: exit 1 and one sentence that says what; each pattern is a regular expression."""
        self.assertEqual(done.returncode, 1, f"exit code\nstdout: {done.stdout}\nstderr: {done.stderr}")
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        self.assertEqual(len(lines), 1, f"one sentence on stderr expected:\n{done.stderr}")
        self.assertRegex(lines[0], r"^lamina: \S")
        for sign in SIGNS_OF_A_CRASH:
            self.assertNotIn(sign, lines[0])
        for pattern in patterns:
            self.assertRegex(lines[0].lower(), pattern)

    def assert_fails(self, *arguments, says=(), lamina=None, env=None):
        """The command fails with one sentence, and leaves the store exactly as it was."""
        lamina = lamina or self.lamina
        if self.check_expected == 0 and lamina is self.lamina:
            lamina.run("images")  # makes the store, so that before and after can be compared
        before = listing(lamina.store)
        mounted_before = own_mountpoints()
        done = lamina.run(*arguments, expect=None, env=env)
        self.assert_one_sentence(done, *([says] if isinstance(says, str) else says))
        after = listing(lamina.store)
        changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
        self.assertEqual(changed, set(), "the failed command changed the store")
        self.assertEqual(lamina.staging(), [], "the failed command left staging behind")
        self.assertEqual(own_mountpoints(), mounted_before, "the failed command left a mount")
        return done


class SharedStoreTestCase(LaminaTestCase):
    """Tests on one store, filled once by `fill`: for images whose import takes its time. Single mounts are checked by
    the stored files' sizes and change times; the bytes are compared before the first and after the last test."""

    @classmethod
    def fill(cls, lamina):
        raise NotImplementedError

    @classmethod
    def setUpClass(cls):
        cls.shared = Lamina(Session.path(f"store-{cls.__name__}"))
        cls.fill(cls.shared)
        cls.bytes_before = listing(cls.shared.store, without=(*UNSTORED, "mounts"))

    @classmethod
    def tearDownClass(cls):
        if listing(cls.shared.store, without=(*UNSTORED, "mounts")) != cls.bytes_before:
            raise AssertionError(f"the tests of {cls.__name__} changed what is stored")
        shutil.rmtree(cls.shared.store)

    def setUp(self):
        super().setUp()
        self.lamina = self.shared

    def stored_bytes(self, lamina=None):
        if lamina and lamina is not self.shared:
            return super().stored_bytes(lamina)
        folders = (self.shared.store / name for name in ("blobs", "objects", "layers", "trees", "images"))
        stated = {path: path.lstat() for folder in folders for path in folder.rglob("*")}
        return {str(path): (status.st_ino, status.st_size, status.st_ctime_ns) for path, status in stated.items()}


def run_on_terminal(command, typed=""):
    """Runs a command on a terminal of its own; its exit code and what it showed."""
    line = " ".join(shlex.quote(os.fspath(word)) for word in command)
    done = subprocess.run(["script", "-qec", line, "/dev/null"], input=typed.encode(), capture_output=True, check=False)
    return done.returncode, done.stdout.decode()


def end_process(process, how=signal.SIGKILL):
    """Ends a process started by a test and returns its exit code, output and errors."""
    if process.poll() is None:
        process.send_signal(how)
    out, errors = process.communicate(timeout=PROMPTLY)
    return process.returncode, os.fsdecode(out), os.fsdecode(errors)
