# SPDX-License-Identifier: Apache-2.0
"""mount.lamina: `mount -t lamina`, fstab, findmnt, umount, and the helper called by hand, with mount(8)'s exit codes."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import harness
import images
import samples
from harness import LaminaTestCase, is_alive, is_mounted, mount_options, wait_for

HELPER = pathlib.Path("/sbin/mount.lamina")
MANUAL = pathlib.Path(__file__).resolve().parents[2] / "man" / "mount.lamina.8"


class HelperTestCase(LaminaTestCase):
    @classmethod
    def setUpClass(cls):
        # mount(8) looks for helpers in /sbin and nowhere else.
        target = os.readlink(HELPER) if HELPER.is_symlink() else None
        if target != harness.LAMINA:
            if target or HELPER.exists():
                kept = HELPER.with_name("mount.lamina.kept-by-test")
                HELPER.rename(kept)
                cls.addClassCleanup(kept.rename, HELPER)
            HELPER.symlink_to(os.environ["LAMINA"])
            cls.addClassCleanup(HELPER.unlink)

    def setUp(self):
        super().setUp()
        images.oci_layout(self.work / "tiny", samples.tiny())
        self.lamina.import_image(f"oci:{self.work}/tiny", "tiny:1")
        self.mountpoint = self.folder("mnt")
        self.store = f"store={self.lamina.store}"

    def run_program(self, *command, expect=0, **more):
        done = subprocess.run([os.fspath(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=60, check=False, **more)
        self.assertEqual(done.returncode, expect, f"{command}\n{done.stdout}{done.stderr}")
        return done

    def assert_shown(self):
        self.assertEqual((self.mountpoint / "etc/hostname").read_text(), "second\n")

    def unmount(self):
        pid = self.lamina.daemon_pid(self.mountpoint)
        self.run_program("umount", self.mountpoint)
        wait_for(lambda: not is_alive(pid), "the daemon has ended")
        self.assertEqual(self.lamina.mounts(), [])


class ByMount(HelperTestCase):
    def test_mount_findmnt_umount(self):
        self.run_program("mount", "-t", "lamina", "tiny:1", self.mountpoint, "-o", f"ro,{self.store}")
        self.assert_shown()
        found = json.loads(self.run_program("findmnt", "--json", self.mountpoint).stdout)["filesystems"][0]
        self.assertEqual((found["fstype"], found["source"]), ("fuse.lamina", "tiny:1"))
        self.assertLessEqual({"ro", "nosuid", "nodev"}, mount_options(self.mountpoint))
        self.unmount()

    def test_options_reach_the_mount(self):
        self.run_program("mount", "-t", "lamina", "-r", "-o", f"{self.store},noexec,allow_suid,allow_dev,data=passthrough", "tiny:1",
                         self.mountpoint)
        options = mount_options(self.mountpoint)
        self.assertTrue({"ro", "noexec"} <= options and not {"nosuid", "nodev"} & options, options)
        self.assertIn("data=passthrough", self.lamina.mounts()[0]["options"])
        self.unmount()

    def test_store_by_environment(self):
        self.run_program("mount", "-t", "lamina", "-o", "ro", "tiny:1", self.mountpoint,
                         env={**os.environ, "LAMINA_STORE": str(self.lamina.store)})
        self.assert_shown()
        self.unmount()

    def test_fstab(self):
        fstab = self.work / "fstab"
        fstab.write_text(f"tiny:1 {self.mountpoint} lamina ro,{self.store},defaults,nofail,_netdev,x-systemd.automount,"
                         "comment=mine 0 0\n")
        self.run_program("mount", "--fstab", fstab, self.mountpoint)
        self.assert_shown()
        self.assertEqual(len(self.lamina.mounts()), 1)
        self.run_program("mount", "--fstab", fstab, "--all")
        self.assertEqual(len(self.lamina.mounts()), 1, "what is mounted is not mounted again")
        self.unmount()
        self.run_program("mount", "--fstab", fstab, "--all")
        self.assert_shown()
        self.unmount()

    def test_failures(self):
        done = self.run_program("mount", "-t", "lamina", "-o", self.store, "tiny:1", self.mountpoint, expect=1)
        self.assertIn("this version mounts read-only only", done.stderr)
        done = self.run_program("mount", "-t", "lamina", "-o", f"ro,{self.store}", "absent", self.mountpoint, expect=32)
        self.assertIn("no image 'absent'", done.stderr)
        self.assertFalse(is_mounted(self.mountpoint))


class ByHand(HelperTestCase):
    def helper(self, *arguments, **more):
        return self.run_program(HELPER, *arguments, **more)

    def test_options_before_and_after(self):
        for arguments in (["tiny:1", self.mountpoint, "-o", f"ro,{self.store}"],
                          ["-o", self.store, "-n", "tiny:1", self.mountpoint, "-o", "ro", "-t", "lamina"]):
            self.assertEqual(self.helper(*arguments).stdout, "")
            self.assert_shown()
            self.unmount()

    def test_verbose(self):
        shown = self.helper("tiny:1", self.mountpoint, "-v", "-o", f"ro,{self.store}").stdout
        self.assertRegex(shown, f"^mount.lamina: tiny:1 mounted on {self.mountpoint} ")
        self.unmount()

    def test_fake_only_checks(self):
        self.helper("-f", "tiny:1", self.mountpoint, "-o", f"ro,{self.store}")
        self.assertFalse(is_mounted(self.mountpoint))
        self.helper("-f", "absent", self.mountpoint, "-o", f"ro,{self.store}", expect=32)
        self.helper("-f", "tiny:1", self.work / "absent", "-o", f"ro,{self.store}", expect=32)
        self.assertEqual(self.lamina.mounts(), [])

    def test_ignored_and_unknown_words(self):
        ignored = "auto,noauto,user,users,user=me,owner,group,nofail,_netdev,defaults,x-any.thing=1,comment=c"
        self.helper("tiny:1", self.mountpoint, "-o", f"ro,{self.store},{ignored}")
        self.unmount()
        done = self.helper("tiny:1", self.mountpoint, "-o", f"ro,{self.store},lowerdir=/x", expect=1)
        self.assertRegex(done.stderr, "^mount.lamina: unknown mount option lowerdir=/x\n$")
        self.helper("-s", "tiny:1", self.mountpoint, "-o", f"ro,{self.store},lowerdir=/x")
        self.unmount()

    def test_wrong_invocation(self):
        for arguments in ([], ["tiny:1"], ["a", "b", "c", "-o", "ro"], ["tiny:1", self.mountpoint, "-z"],
                          ["tiny:1", self.mountpoint, "-o"], ["tiny:1", self.mountpoint, "-o", f"rw,ro,rw,{self.store}"],
                          ["tiny:1", self.mountpoint, "-o", f"ro,{self.store},data=no-such"]):
            with self.subTest(arguments):
                done = self.helper(*arguments, expect=1)
                self.assertRegex(done.stderr, r"^mount\.lamina: [^\n]+\n$")

    def test_in_another_mount_namespace(self):
        holder = subprocess.Popen(["unshare", "--mount", "sleep", "60"])
        self.addCleanup(holder.wait)
        self.addCleanup(holder.kill)
        wait_for(lambda: os.readlink(f"/proc/{holder.pid}/ns/mnt") != os.readlink("/proc/self/ns/mnt"), "unshared")
        self.helper("-N", str(holder.pid), "tiny:1", self.mountpoint, "-o", f"ro,{self.store}")
        self.assertFalse(is_mounted(self.mountpoint), "not in this namespace")
        shown = self.run_program("nsenter", "-t", str(holder.pid), "-m", "cat", self.mountpoint / "etc/hostname").stdout
        self.assertEqual(shown, "second\n")
        self.run_program("nsenter", "-t", str(holder.pid), "-m", "umount", self.mountpoint)
        self.helper("-N", "/dev/null", "tiny:1", self.mountpoint, "-o", f"ro,{self.store}", expect=32)


class Manual(LaminaTestCase):
    def test_the_unit_of_the_manual_is_sound(self):
        """The page's example as systemd reads it; the rest of the file system is not looked at."""
        blocks = re.findall(r"\.Bd -literal -offset indent\n(.*?)\n\.Ed", MANUAL.read_text(), re.DOTALL)
        unit = next(block for block in blocks if "[Mount]" in block)
        where = re.search(r"^Where=(.*)$", unit, re.MULTILINE)[1]
        path = self.work / (where.strip("/").replace("/", "-") + ".mount")
        path.write_text(unit + "\n")
        if not shutil.which("systemd-analyze"):
            return  # nothing to ask; the format of the block has been looked at
        done = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True, check=False)
        complaints = [line for line in done.stderr.splitlines() if path.name in line]
        self.assertEqual((complaints, done.returncode), ([], 0), done.stderr)
