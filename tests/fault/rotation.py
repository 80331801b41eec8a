#!/usr/bin/env python3
"""Kills a server before every step of a rotation of its master key: each time that something is made
durable, a key, a wrapping key, a group of writes. Whatever it leaves behind is opened by the next
start, which brings the rotation to its end; nothing that was sealed is lost, and verify finds no
fault.

    tests/fault/rotation.py build [--every N]
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scenario"))
import run  # noqa: E402

NAME = "Carol Danvers"
WAIT_SECONDS = 30
STEPS_MAX = 200


class Shop:
    def __init__(self, build):
        self.server = run.Server(build, [])
        self.ctl = os.path.join(build, "shopctl")
        self.token = ""

    def start(self, **environment):
        os.environ.update(environment)
        try:
            self.server.start()
        finally:
            for name in environment:
                del os.environ[name]
        with open(os.path.join(self.server.data, "admin.token")) as file:
            self.token = file.read().strip()

    def call(self, *words):
        """The answer, or None where the server is gone."""
        environment = dict(os.environ, SHOP_SERVER=self.server.url, SHOP_TOKEN=self.token)
        result = subprocess.run([self.ctl, "--output", "json", "--timeout", "1000", *words],
                                env=environment, capture_output=True, text=True)
        return json.loads(result.stdout) if result.returncode == 0 else None

    def dead(self):
        return self.server.process.poll() is not None

    def done(self, count):
        """Waits until so many rotations are done; False where the server died first."""
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            rows = self.call("privacy.ListKeyRotations", "state=ROTATION_STATE_DONE")
            if rows is not None and len(rows.get("key_rotations", [])) == count:
                return True
            if self.dead():
                return False
            time.sleep(0.02)
        raise run.Unmet("the rotation did not end within %d s\n%s" % (
            WAIT_SECONDS, self.server.log_tail()))


def open_shop(build):
    shop = Shop(build)
    shop.start()
    member = shop.call("membership.SignUp", "email=carol@example.com", "password=long enough",
                       "display_name=" + NAME)["member"]["id"]
    shop.call("privacy.RotateMasterKey")  # so that there is an old key to be retired
    shop.done(1)
    return shop, member


def round_of(shop, member, template, step):
    """False: the server came to the end of a rotation before this step."""
    data = shop.server.data
    shutil.rmtree(data)
    shutil.copytree(template, data)
    killed = False
    try:
        shop.start(LD_PRELOAD=os.environ["KILLER"], DIE_AT=str(step))
        shop.call("privacy.RotateMasterKey")
        killed = not shop.done(2)
    except run.Unmet:
        if not shop.dead():
            raise
        killed = True  # at its start
    if not killed:
        shop.server.stop()
        return False
    shop.server.process = None
    shop.start()
    rows = shop.call("privacy.ListKeyRotations")["key_rotations"]
    if len(rows) == 1:  # it was killed before it had heard of it
        shop.call("privacy.RotateMasterKey")
    shop.done(2)
    name = shop.call("membership.GetMember", "id=" + member)["display_name"]
    if name != NAME:
        raise run.Unmet("step %d: the name is %s" % (step, name))
    if shop.call("verify") is None and subprocess.run(
            [shop.ctl, "verify"], env=dict(os.environ, SHOP_SERVER=shop.server.url,
                                           SHOP_TOKEN=shop.token)).returncode != 0:
        raise run.Unmet("step %d: verify finds faults" % step)
    shop.server.stop()
    return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("killer")
    parser.add_argument("--every", type=int, default=1)
    arguments = parser.parse_args()
    os.environ["KILLER"] = os.path.abspath(arguments.killer)
    shop, member = open_shop(arguments.build)
    template = os.path.join(shop.server.root, "template")
    try:
        shop.server.stop()
        shutil.copytree(shop.server.data, template)
        step = 1
        while round_of(shop, member, template, step):
            step += arguments.every
            if step > STEPS_MAX:
                raise run.Unmet("no end of steps")
        print("killed before %d steps of a rotation, each was brought to its end" % (step - 1))
    except run.Unmet as unmet:
        print("step %d: %s" % (step, unmet))
        return 1
    finally:
        if shop.server.process is not None:
            shop.server.stop(9)
        shutil.rmtree(shop.server.root, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
