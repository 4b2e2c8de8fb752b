# SPDX-License-Identifier: Apache-2.0
"""The life of a mount: it comes, refuses to be written, goes in every way a mount can go, and leaves nothing."""

import contextlib
import errno
import os
import signal
import subprocess
import time

import harness
import images
import samples
from harness import PROMPTLY, LaminaTestCase, end_process, is_alive, is_mounted, mount_options, wait_for


class MountTestCase(LaminaTestCase):
    def setUp(self):
        super().setUp()
        images.oci_layout(self.work / "tiny", samples.tiny())
        self.lamina.import_image(f"oci:{self.work}/tiny", "tiny")
        self.mountpoint = self.folder("mnt")

    def mount(self, *options, image="tiny", mountpoint=None):
        self.lamina.run("mount", "--ro", *options, image, mountpoint or self.mountpoint)
        return self.lamina.daemon_pid(mountpoint or self.mountpoint)

    @contextlib.contextmanager
    def held_open(self):
        """A file of the mount is open for the block; closing it may fail, as there may be nobody to ask any more."""
        descriptor = os.open(self.mountpoint / "etc/hostname", os.O_RDONLY)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def assert_gone(self, pid):
        wait_for(lambda: not is_alive(pid), "the daemon has ended")
        wait_for(lambda: not is_mounted(self.mountpoint), "unmounted")
        wait_for(lambda: self.lamina.mounts() == [], "no mount is listed")
        self.assertEqual(self.lamina.run("mounts").stdout.splitlines()[1:], [])


class Mounting(MountTestCase):
    def test_is_ready_when_the_command_returns(self):
        for _ in range(5):
            self.lamina.run("mount", "--ro", "tiny", self.mountpoint)
            self.assertEqual((self.mountpoint / "etc/hostname").read_text(), "second\n")
            self.lamina.run("umount", self.mountpoint)
            self.assertEqual(os.listdir(self.mountpoint), [])

    def test_mount_returns_though_a_pipe_waits_for_it(self):
        """The daemon holds neither the output nor the errors of the command open."""
        script = f"{' '.join(self.lamina.command('mount', '--ro', 'tiny', self.mountpoint))} 2>&1 | cat"
        subprocess.run(["sh", "-c", script], timeout=PROMPTLY, check=True)
        self.assertTrue(is_mounted(self.mountpoint))

    def test_daemon_holds_no_directory_of_the_caller(self):
        held = self.folder("caller")
        command = self.lamina.command("mount", "--ro", "tiny", self.mountpoint)
        subprocess.run(command, cwd=held, check=True, timeout=PROMPTLY)
        pid = self.lamina.daemon_pid(self.mountpoint)
        self.assertNotEqual(os.readlink(f"/proc/{pid}/cwd"), str(held))
        self.assertNotEqual(os.getsid(pid), os.getsid(0))

    def test_listing_of_mounts(self):
        pid = self.mount()
        listed = self.lamina.mounts()
        self.assertEqual(len(listed), 1)
        self.assertEqual((listed[0]["mountpoint"], listed[0]["pid"]), (str(self.mountpoint), pid))
        self.assertIn("tiny", listed[0]["image"])
        self.assertTrue({"id", "image", "mountpoint", "pid", "state"} <= listed[0].keys())
        table = self.lamina.run("mounts").stdout
        self.assertIn(str(self.mountpoint), table)
        self.assertIn(str(pid), table)

    def test_relative_mount_point_and_one_with_odd_bytes(self):
        os.mkdir(os.fsencode(self.work) + b"/odd \n\xff")
        before = os.getcwd()
        os.chdir(self.work)
        self.addCleanup(os.chdir, before)
        self.lamina.run("mount", "--ro", "tiny", "mnt")
        self.assertEqual(self.lamina.mounts()[0]["mountpoint"], str(self.mountpoint))
        self.lamina.run("umount", "mnt")
        odd = b"odd \n\xff"
        self.lamina.run("mount", "--ro", "tiny", os.fsdecode(odd))
        self.assertTrue(os.path.exists(odd + b"/etc/hostname"))
        self.lamina.json("mounts", "--json")
        self.lamina.run("umount", os.fsdecode(odd))
        self.assertEqual(os.listdir(odd), [])

    def test_mount_point_by_symlink(self):
        (self.work / "link").symlink_to(self.mountpoint)
        self.lamina.run("mount", "--ro", "tiny", self.work / "link")
        self.assertTrue(is_mounted(self.mountpoint))
        self.lamina.run("umount", self.work / "link")
        self.assertFalse(is_mounted(self.mountpoint))

    def test_default_options(self):
        self.mount()
        self.assertLessEqual({"ro", "nosuid", "nodev"}, mount_options(self.mountpoint))

    def test_suid_and_dev_on_request(self):
        self.mount("-o", "suid,dev")
        self.assertFalse({"nosuid", "nodev"} & mount_options(self.mountpoint))
        self.assertIn("ro", mount_options(self.mountpoint))

    def test_devices_work_only_on_request(self):
        self.lamina.import_image(f"oci:{samples.tricky_layout()}", "tricky")
        for options, works in ((["-o", "dev"], True), ([], False)):
            with self.subTest(works=works), self.mounted("tricky", *options, name="tricky") as mountpoint:
                try:
                    with open(mountpoint / "kinds/null", "rb") as null:
                        self.assertEqual(null.read(), b"")
                    self.assertTrue(works)
                except PermissionError:
                    self.assertFalse(works)

    def test_one_image_mounted_twice_and_two_images(self):
        images.oci_layout(self.work / "other", samples.tiny_other())
        self.lamina.import_image(f"oci:{self.work}/other", "other")
        with self.mounted("tiny", name="one") as one, self.mounted("other", name="two") as two:
            with self.mounted("tiny", name="three") as three:
                self.assertEqual(len({mount["id"] for mount in self.lamina.mounts()}), 3)
                self.assertEqual((three / "data/random").read_bytes(), samples.RANDOM)
            self.assertEqual((one / "data/random").read_bytes(), samples.RANDOM)
            self.assertEqual((two / "etc/other").read_text(), "other\n")

    def test_readable_by_others(self):
        """Mounted by root, it is for everybody whom modes and owners let in."""
        self.mount()
        who = ["setpriv", f"--reuid={harness.NOBODY}", f"--regid={harness.NOBODY}", "--clear-groups"]
        done = subprocess.run([*who, "cat", self.mountpoint / "etc/added", self.mountpoint / "etc/hostname"],
                              capture_output=True, check=False)
        self.assertEqual(done.stdout, b"new\n")
        self.assertIn(b"Permission denied", done.stderr)

    def test_image_may_be_named_by_id(self):
        self.mount(image=samples.tiny().id[7:19])
        self.assertEqual((self.mountpoint / "etc/hostname").read_text(), "second\n")

    def test_a_mount_keeps_its_image_when_the_tag_moves(self):
        self.mount()
        images.oci_layout(self.work / "other", samples.tiny_other())
        self.lamina.import_image(f"oci:{self.work}/other", "tiny")
        self.assertEqual((self.mountpoint / "etc/hostname").read_text(), "second\n")
        self.assertEqual((self.mountpoint / "data/random").read_bytes(), samples.RANDOM)

    def test_mounted_image_is_not_removed(self):
        self.mount()
        self.assert_fails("rmi", "tiny", says=("tiny", "mount", str(self.mountpoint).lower()))
        self.lamina.run("umount", self.mountpoint)
        self.lamina.run("rmi", "tiny")


class ReadOnly(MountTestCase):
    def test_every_kind_of_write_is_refused(self):
        writes = {
            "create": lambda root: open(root / "new", "x"),
            "open for writing": lambda root: open(root / "etc/added", "r+b"),
            "append": lambda root: open(root / "etc/added", "ab"),
            "truncate": lambda root: os.truncate(root / "etc/added", 0),
            "unlink": lambda root: os.unlink(root / "etc/added"),
            "mkdir": lambda root: os.mkdir(root / "new"),
            "rmdir": lambda root: os.rmdir(root / "data"),
            "rename": lambda root: os.rename(root / "etc/added", root / "etc/renamed"),
            "link": lambda root: os.link(root / "etc/added", root / "etc/linked"),
            "symlink": lambda root: os.symlink("x", root / "new"),
            "mkfifo": lambda root: os.mkfifo(root / "new"),
            "chmod": lambda root: os.chmod(root / "etc/added", 0o600),
            "chown": lambda root: os.chown(root / "etc/added", 1, 1),
            "utime": lambda root: os.utime(root / "etc/added"),
            "setxattr": lambda root: os.setxattr(root / "etc/added", "user.x", b"1"),
            "removexattr": lambda root: os.removexattr(root / "etc/added", "user.x"),
        }
        for mode in ("data=cache", "data=passthrough"):
            with self.mounted("tiny", "-o", mode) as root:
                for name, write in writes.items():
                    with self.subTest(name, mode=mode), self.assertRaises(OSError) as caught:
                        write(root)
                    self.assertEqual(caught.exception.errno, errno.EROFS)

    def test_remounting_writable_does_not_write_either(self):
        with self.mounted("tiny") as root:
            subprocess.run(["mount", "-o", "remount,rw", root], capture_output=True, check=False)
            for write in (lambda: open(root / "etc/added", "r+b"), lambda: os.unlink(root / "etc/added"),
                          lambda: os.chmod(root / "etc/added", 0)):
                with contextlib.suppress(OSError):
                    write()
            self.assertEqual((root / "etc/added").read_text(), "new\n")


class Ends(MountTestCase):
    def test_umount_of_a_busy_mount(self):
        self.mount()
        process = subprocess.Popen(["sleep", "60"], cwd=self.mountpoint / "etc")
        try:
            wait_for(lambda: os.readlink(f"/proc/{process.pid}/exe").endswith("sleep"), "sleep runs")
            self.assert_fails("umount", self.mountpoint, says=("busy", str(self.mountpoint).lower()))
            self.assertTrue((self.mountpoint / "etc/hostname").exists())
        finally:
            process.kill()
            process.wait()
        self.lamina.run("umount", self.mountpoint)

    def test_umount_of_several(self):
        second = self.folder("second")
        self.mount()
        self.mount(mountpoint=second)
        self.lamina.run("umount", self.mountpoint, second)
        self.assertEqual(self.lamina.mounts(), [])

    def test_umount_of_what_is_not_mounted(self):
        self.assert_fails("umount", self.mountpoint, says=("not mounted|no mount|not a mount", str(self.mountpoint).lower()))
        self.assert_fails("umount", self.work / "nowhere", says="nowhere")
        other = self.folder("other")
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", other], check=True)
        self.assert_fails("umount", other, says=str(other).lower())
        self.assertTrue(is_mounted(other), "a mount that is not lamina's stays")

    def test_the_systems_umount_ends_the_daemon(self):
        pid = self.mount()
        subprocess.run(["umount", self.mountpoint], check=True)
        self.assert_gone(pid)

    def test_signals_end_the_daemon(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(how.name):
                pid = self.mount()
                os.kill(pid, how)
                self.assert_gone(pid)

    def test_killed_daemon_is_cleared_by_umount(self):
        pid = self.mount()
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not is_alive(pid), "the daemon is dead")
        listed = self.lamina.mounts()
        self.assertEqual([mount["mountpoint"] for mount in listed], [str(self.mountpoint)])
        self.assertRegex(listed[0]["state"], "dead|stale|gone|died")
        self.lamina.run("umount", self.mountpoint)
        self.assert_gone(pid)
        self.mount()

    def test_killed_daemon_with_a_process_inside(self):
        pid = self.mount()
        with self.held_open():
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: not is_alive(pid), "the daemon is dead")
            self.lamina.run("umount", self.mountpoint)
        self.assert_gone(pid)

    def test_mounting_again_where_a_daemon_died(self):
        pid = self.mount()
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not is_alive(pid), "the daemon is dead")
        done = self.lamina.run("mount", "--ro", "tiny", self.mountpoint, expect=None)
        if done.returncode:
            self.assert_one_sentence(done, str(self.mountpoint).lower(), "lamina umount|died|dead|not connected")

    def test_killed_and_unmounted_elsewhere(self):
        pid = self.mount()
        os.kill(pid, signal.SIGKILL)
        subprocess.run(["umount", "--lazy", self.mountpoint], check=True)
        self.lamina.run("umount", self.mountpoint, expect=None)
        self.assert_gone(pid)

    def test_record_is_gone_after_umount(self):
        self.mount()
        self.lamina.run("umount", self.mountpoint)
        wait_for(lambda: not os.listdir(self.lamina.store / "mounts"), "no mount record is left")


class Foreground(MountTestCase):
    def start(self):
        process = self.lamina.start("mount", "--ro", "-f", "tiny", self.mountpoint)
        self.addCleanup(end_process, process)
        wait_for(lambda: is_mounted(self.mountpoint) or process.poll() is not None, "mounted")
        wait_for(lambda: os.path.exists(self.mountpoint / "etc/hostname"), "readable")
        return process

    def test_signals_end_it_cleanly(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(how.name):
                process = self.start()
                self.assertEqual(self.lamina.daemon_pid(self.mountpoint), process.pid)
                code, _, errors = end_process(process, how)
                self.assertEqual(code, 0, errors)
                self.assertNotRegex(errors.lower(), "error|warn", "its log is on standard error, and quiet")
                self.assert_gone(process.pid)

    def test_umount_ends_it(self):
        for command in (self.lamina.command("umount", self.mountpoint), ["umount", self.mountpoint]):
            with self.subTest(command[0]):
                process = self.start()
                subprocess.run(command, check=True)
                self.assertEqual(process.wait(PROMPTLY), 0)
                self.assert_gone(process.pid)

    def test_signal_while_busy(self):
        """A reader inside does not keep the daemon from ending."""
        process = self.start()
        with self.held_open():
            process.send_signal(signal.SIGTERM)
            process.wait(PROMPTLY)
        self.assert_gone(process.pid)


class BadMountPoints(MountTestCase):
    def test_missing(self):
        self.assert_fails("mount", "--ro", "tiny", self.work / "missing", says=("missing", "no such|not exist"))

    def test_not_a_directory(self):
        (self.work / "file").write_text("x")
        self.assert_fails("mount", "--ro", "tiny", self.work / "file", says=("file", "not a directory"))

    def test_busy(self):
        pid = self.mount()
        self.assert_fails("mount", "--ro", "tiny", self.mountpoint, says=(str(self.mountpoint).lower(), "busy|already|mount"))
        self.assertTrue(is_alive(pid))
        self.assertEqual(len(self.lamina.mounts()), 1)
        other = self.folder("other")
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", other], check=True)
        self.assert_fails("mount", "--ro", "tiny", other, says=(str(other).lower(), "busy|already|mount"))

    def test_inside_the_store(self):
        for place in (self.lamina.store, self.lamina.store / "objects", self.lamina.store / "mounts"):
            self.assert_fails("mount", "--ro", "tiny", place, says="store")
        (self.work / "link").symlink_to(self.lamina.store / "objects")
        self.assert_fails("mount", "--ro", "tiny", self.work / "link", says="store")

    def test_hiding_the_store(self):
        """A mount over the store's parent would bury the store and the daemon's own files."""
        self.assert_fails("mount", "--ro", "tiny", self.work, says="store")

    def test_no_fuse_device(self):
        """As where /dev/fuse is not to be had; seen from a namespace of its own."""
        command = self.lamina.command("mount", "--ro", "tiny", self.mountpoint)
        done = subprocess.run(["unshare", "--mount", "sh", "-c", 'mount --bind /dev/null /dev/fuse; exec "$@"', "sh", *command],
                              capture_output=True, text=True, check=False)
        self.assert_one_sentence(done, "fuse")
        self.assertEqual(self.lamina.mounts(), [])
        self.assertEqual(os.listdir(self.lamina.store / "mounts"), [])

    def test_ordinary_user(self):
        """Mounts through fusermount3, for himself; or is told in one sentence why not."""
        home = self.folder("home")
        (home / "mnt").mkdir()
        for path in (home, home / "mnt"):
            os.chown(path, harness.NOBODY, harness.NOBODY)
        user = harness.Lamina(home / "store", user=harness.NOBODY)
        user.import_image(f"oci:{self.work}/tiny", "tiny")
        done = user.run("mount", "--ro", "tiny", home / "mnt", expect=None)
        if done.returncode:
            self.assert_one_sentence(done)
            return
        who = ["setpriv", f"--reuid={harness.NOBODY}", f"--regid={harness.NOBODY}", "--clear-groups"]
        shown = subprocess.run([*who, "cat", home / "mnt/etc/added"], capture_output=True, check=True).stdout
        self.assertEqual(shown, b"new\n")
        user.run("umount", home / "mnt")
        self.assertEqual(user.mounts(), [])


class Load(MountTestCase):
    def test_no_request_is_lost_when_unmounted_under_load(self):
        """Readers while the mount goes: each sees whole answers or an error, and the daemon ends."""
        for how in ("umount", "signal"):
            with self.subTest(how):
                pid = self.mount()
                script = f"while find {self.mountpoint} -type f -exec md5sum {{}} + >/dev/null 2>&1; do :; done"
                readers = [subprocess.Popen(["timeout", "20", "sh", "-c", script], start_new_session=True) for _ in range(3)]
                time.sleep(0.3)
                if how == "umount":
                    self.lamina.run("umount", self.mountpoint, expect=None)  # busy is an honest answer
                if is_mounted(self.mountpoint):
                    os.kill(pid, signal.SIGTERM)
                wait_for(lambda: not is_alive(pid), "the daemon has ended")
                for reader in readers:
                    os.killpg(reader.pid, signal.SIGKILL)
                    reader.wait()
                self.assert_gone(pid)
