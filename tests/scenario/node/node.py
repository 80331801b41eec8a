#!/usr/bin/env python3
"""Starts a shop and lets client.mjs beside this file call it.

    node.py BUILD_DIRECTORY SOURCE_DIRECTORY
"""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.dont_write_bytecode = True
import run  # noqa: E402

SKIPPED = 77


def main(build, source):
    modules = os.path.join(source, "build-lint", "node_modules")
    node = shutil.which("node")
    if node is None or not os.path.isdir(os.path.join(modules, "protobufjs")):
        print("skipped: node or protobufjs is not there: tools/setup-lint")
        return SKIPPED
    server = run.Server(build)
    try:
        server.start()
        return subprocess.run(
            [node, os.path.join(HERE, "client.mjs"), os.path.join(source, "proto"), modules,
             server.url, os.path.join(server.data, "admin.token")], timeout=100).returncode
    finally:
        server.stop()
        shutil.rmtree(server.root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
