# SPDX-License-Identifier: Apache-2.0
"""What the commands print: docker's columns, JSON that parses, exit codes, help."""

import json
import os
import re
import subprocess

import images
import packages
import samples
from harness import LaminaTestCase


class CommandTestCase(LaminaTestCase):
    def setUp(self):
        super().setUp()
        self.layout = images.oci_layout(self.work / "tiny", samples.tiny())
        self.lamina.import_image(f"oci:{self.work}/tiny", "tiny:1")


class Images(CommandTestCase):
    def test_columns(self):
        lines = self.lamina.run("images").stdout.splitlines()
        self.assertRegex(lines[0], r"^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE *$")
        self.assertRegex(lines[1], rf"^(docker\.io/library/)?tiny +1 +{samples.tiny().id[7:19]} +\S.* ago +\d[\d.]* ?[kM]?B *$")
        self.assertEqual(len(lines), 2)

    def test_json(self):
        images.oci_layout(self.work / "other", samples.tiny_other())
        self.lamina.import_image(f"oci:{self.work}/other", "other")
        self.lamina.run("tag", "tiny:1", "host.example:5000/again:v2")
        listed = {image["id"]: image for image in self.lamina.json("images", "--json")}
        self.assertEqual(set(listed), {samples.tiny().id, samples.tiny_other().id})
        tiny = listed[samples.tiny().id]
        self.assertTrue({"id", "names", "created", "size", "layers"} <= tiny.keys())
        self.assertEqual(len(tiny["names"]), 2)
        self.assertTrue(tiny["created"].startswith("2024-02-29T12:34:56"))
        self.assertGreaterEqual(tiny["size"], len(samples.RANDOM))
        self.assertEqual(len(self.lamina.run("images").stdout.splitlines()), 4, "one line per name")

    def test_quiet(self):
        self.assertEqual(self.lamina.run("images", "-q").stdout.split(), [samples.tiny().id[7:19]])

    def test_empty_store(self):
        self.lamina.run("rmi", "tiny:1")
        self.assertEqual(len(self.lamina.run("images").stdout.splitlines()), 1)
        self.assertEqual(self.lamina.json("images", "--json"), [])
        self.assertEqual(self.lamina.json("mounts", "--json"), [])

    def test_table_in_a_pipe_that_closes(self):
        script = f"{' '.join(self.lamina.command('images'))} | true"
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
        self.assertEqual(done.stderr, "")


class History(CommandTestCase):
    def test_columns_and_true_sizes(self):
        lines = self.lamina.run("history", "tiny:1").stdout.splitlines()
        self.assertRegex(lines[0], r"^IMAGE +CREATED +CREATED BY +SIZE +COMMENT *$")
        self.assertEqual(len(lines), 4)
        self.assertRegex(lines[1], r'^' + samples.tiny().id[7:19] + r' .*CMD \["/bin/sh"\].* 0 ?B *$')
        self.assertRegex(lines[2], r"tiny: layer 2 .* 11 ?B")
        self.assertRegex(lines[3], r"tiny: layer 1 .* 300 ?kB")

    def test_json(self):
        steps = self.lamina.json("history", "--json", "tiny:1")
        self.assertEqual(len(steps), 3)
        self.assertIn("tiny: layer 1", json.dumps(steps[-1]))

    def test_image_without_history(self):
        image = images.Image.of(samples.tiny().layers)
        del image.config["history"]
        images.oci_layout(self.work / "bare", image)
        self.lamina.import_image(f"oci:{self.work}/bare", "bare")
        self.assertEqual(self.lamina.run("history", "bare").stdout.splitlines()[0].split()[0], "IMAGE")
        self.lamina.json("history", "--json", "bare")

    def test_real_history(self):
        self.lamina.import_image(f"oci:{packages.packaged()}/gzip", "packaged")
        shown = self.lamina.run("history", "packaged").stdout
        for step in ("busybox and netbase", "perl and passwd", "metadata only", "deletions"):
            self.assertIn(step, shown)


class Inspect(CommandTestCase):
    def test_inspect(self):
        about = self.lamina.inspect("tiny:1")
        self.assertEqual(about["Id"], samples.tiny().id)
        self.assertEqual(about["RootFS"]["Layers"], samples.tiny().diff_ids)
        self.assertEqual(len(about["RepoTags"]), 1)
        self.assertRegex(about["RepoTags"][0], "tiny:1$")
        self.assertEqual(about["Architecture"], images.HOST_ARCHITECTURE)
        self.assertEqual(about["Config"]["Cmd"], ["/bin/sh"])

    def test_by_every_kind_of_name(self):
        identity = samples.tiny().id
        for name in ("tiny:1", "docker.io/library/tiny:1", "docker.io/tiny:1", identity, identity[7:], identity[7:13],
                     identity[:19], f"tiny@{self.layout.entries[0]['digest']}"):
            self.assertEqual(self.lamina.inspect(name)["Id"], identity, name)

    def test_ambiguous_prefix(self):
        known = {samples.tiny().id}
        for number in range(40):
            image = images.Image.of(samples.tiny().layers, title=f"number {number}")
            images.oci_layout(self.work / f"n{number}", image)
            self.lamina.import_image(f"oci:{self.work}/n{number}", f"n:{number}")
            if image.id[7] in {identity[7] for identity in known}:
                break
            known.add(image.id)
        self.assert_fails("inspect", image.id[7], says="beginning of|no image")


class TagsAndRemoval(CommandTestCase):
    def test_tag_and_untag(self):
        self.lamina.run("tag", "tiny:1", "again")
        self.assertEqual(self.lamina.inspect("again")["Id"], samples.tiny().id)
        self.lamina.run("rmi", "tiny:1")
        self.assertEqual(self.lamina.inspect("again:latest")["Id"], samples.tiny().id)
        self.assert_fails("inspect", "tiny:1", says="tiny:1")
        self.lamina.run("rmi", "again")
        self.assertEqual(self.lamina.json("images", "--json"), [])

    def test_removing_several(self):
        self.lamina.run("tag", "tiny:1", "second")
        self.lamina.run("rmi", "tiny:1", "second")
        self.assertEqual(self.lamina.json("images", "--json"), [])

    def test_removing_by_id(self):
        self.lamina.run("rmi", samples.tiny().id)
        self.assertEqual(self.lamina.json("images", "--json"), [])

    def test_importing_again_after_removal(self):
        self.lamina.run("rmi", "tiny:1")
        self.lamina.import_image(f"oci:{self.work}/tiny", "tiny:1")
        self.assertEqual(self.lamina.run("cat", "tiny:1:/etc/hostname").stdout, "second\n")

    def test_bad_new_name(self):
        for name in ("UPPER", "a//b", "x:", "../x"):
            done = self.lamina.run("tag", "tiny:1", name, expect=None)
            self.assertIn(done.returncode, (1, 2))
            self.assertIn(name, done.stderr)


class Browse(CommandTestCase):
    def test_ls(self):
        self.assertEqual(self.lamina.run("ls", "tiny:1:/").stdout.split(), ["bin", "data", "etc"])
        self.assertEqual(self.lamina.run("ls", "tiny:1:/etc").stdout.split(), ["added", "hostname"])
        self.assertEqual(self.lamina.run("ls", "tiny:1:/etc/added").stdout.strip().rpartition("/")[2], "added")
        self.assertEqual(self.lamina.run("ls", "tiny:1").stdout, self.lamina.run("ls", "tiny:1:/").stdout)
        self.assertEqual(self.lamina.run("ls", "tiny:1:/etc").stdout, self.lamina.run("ls", "tiny:1:/bin/../etc/").stdout)

    def test_long_ls(self):
        lines = self.lamina.run("ls", "-l", "tiny:1:/etc").stdout.splitlines()
        hostname = next(line for line in lines if line.endswith("hostname"))
        self.assertRegex(hostname, r"^-rw-r----- .*\b7\b.*\b8\b.*\b7\b.* hostname$")
        link = next(line for line in self.lamina.run("ls", "-l", "tiny:1:/bin").stdout.splitlines() if "link" in line)
        self.assertRegex(link, r"^lrwxrwxrwx .* link -> tool$")

    def test_json_with_any_names(self):
        listed = self.lamina.json("ls", "--json", "tiny:1:/etc")
        self.assertEqual([entry["name"] for entry in listed], ["added", "hostname"])
        self.lamina.import_image(f"oci:{samples.tricky_layout()}", "tricky")
        self.assertEqual(len(self.lamina.json("ls", "--json", "tricky:/names")),
                         len(os.listdir(packages.unpacked(samples.tricky_layout()) / "names")))
        for place in ("/kinds", "/many", "/over"):
            self.lamina.json("ls", "--json", f"tricky:{place}")

    def test_names_cannot_drive_the_terminal(self):
        self.lamina.import_image(f"oci:{samples.tricky_layout()}", "tricky")
        tty = subprocess.run(["script", "-qec", " ".join(self.lamina.command("ls", "tricky:/names")), "/dev/null"],
                             capture_output=True, check=True).stdout
        self.assertNotIn(b"\x01", tty)

    def test_cat(self):
        done = subprocess.run(self.lamina.command("cat", "tiny:1:/data/random"), capture_output=True, check=True)
        self.assertEqual(done.stdout, samples.RANDOM)
        self.assertEqual(self.lamina.run("cat", "tiny:1:/bin/link").stdout, "#!/bin/sh\nexit 0\n")
        self.assertEqual(self.lamina.run("cat", "tiny:1:/data/empty").stdout, "")

    def test_what_is_not_there(self):
        for command in ("ls", "cat"):
            self.assert_fails(command, "tiny:1:/etc/missing", says=("/etc/missing", "no such|not there|not found|not exist"))
            self.assert_fails(command, "tiny:1:/etc/removed", says="/etc/removed")
            self.assert_fails(command, "tiny:1:/etc/added/below", says="no such file|not a directory")
        self.assert_fails("cat", "tiny:1:/etc", says=("/etc", "directory|not a file"))


class Usage(CommandTestCase):
    def test_wrong_usage_exits_2(self):
        for arguments in ([], ["no-such-command"], ["import"], ["images", "--no-such-option"], ["mount", "--ro", "tiny:1"],
                          ["inspect"], ["tag", "tiny:1"], ["rmi"], ["cat"], ["umount"], ["history", "a", "b"],
                          ["import", f"oci:{self.work}/tiny", "--platform", "not/a/plat/form"],
                          ["mount", "--ro", "-o", "no-such-option", "tiny:1", str(self.work)],
                          ["mount", "--ro", "-o", "data=no-such-mode", "tiny:1", str(self.work)]):
            with self.subTest(arguments):
                done = self.lamina.run(*arguments, expect=2)
                self.assertEqual(done.stdout, "")
                self.assertRegex(done.stderr, r"\S")

    def test_help_and_version(self):
        overview = self.lamina.run("--help").stdout
        for command in ("import", "images", "history", "inspect", "tag", "rmi", "prune", "mount", "umount",
                        "mounts", "ls", "cat", "cp", "check"):
            self.assertIn(command, overview)
            self.assertRegex(self.lamina.run(command, "--help").stdout, "(?i)usage")
        self.assertRegex(self.lamina.run("--version").stdout, r"\d+\.\d+")

    def test_store_by_environment(self):
        done = subprocess.run([self.lamina.binary, "images", "--json"], capture_output=True, check=True,
                              env={**os.environ, "LAMINA_STORE": str(self.lamina.store)})
        self.assertEqual(json.loads(done.stdout)[0]["id"], samples.tiny().id)

    def test_the_store_is_private(self):
        self.assertEqual(self.lamina.store.stat().st_mode & 0o777, 0o700)

    def test_progress_bar_on_a_terminal_only(self):
        images.oci_layout(self.work / "other", samples.tiny_other())
        command = " ".join(self.lamina.command("import", f"oci:{self.work}/other", "other"))
        shown = subprocess.run(["script", "-qec", command, "/dev/null"], capture_output=True, check=True).stdout.decode()
        self.assertIn(samples.tiny_other().id, shown.splitlines()[-1])
        self.assertTrue(re.search(r"\r|\x1b\[", shown), "something moved on the terminal")

    def test_check_reports_what_it_looked_at(self):
        self.assertRegex(self.lamina.run("check").stdout, r"\d+ objects?")
        self.lamina.json("check", "--json")
