"""A notebook as a page, and a browser that looks at it: what the browser tests share."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
#: Seconds that a server or an answer may take before it counts as broken; they take a few.
PATIENCE = 60


def browser_path() -> str:
    """Where the browser is. Without it, or without what drives it: a skip, and a failure in CI."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    lacking = [name for name in ("playwright", "voila") if importlib.util.find_spec(name) is None]
    if found is None:
        lacking.append(f"a browser ({', '.join(BROWSERS)})")
    if lacking or found is None:
        message = f"browser tests need {' and '.join(lacking)}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found


def free_port() -> int:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        port: int = place.getsockname()[1]
        return port


@contextlib.contextmanager
def server(command: list[str], port: int, folder: Path) -> Iterator[None]:
    """Run a server of Jupyter on loopback, with settings and homes of its own below a folder."""
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    own = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    environment = {**os.environ, "HOME": str(home), **{n: str(home / n.lower()) for n in own}}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait(process, port, log)
            yield
        finally:
            # The kernels are of the same group, and must not outlive the server.
            for sign in (signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, sign)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(10)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    pytest.fail(f"the server did not start: {log.read_text('utf-8', 'replace')[-2000:]}")


@contextlib.contextmanager
def voila(notebook: Path) -> Iterator[str]:
    """Serve a notebook as a page by Voila, and give its address."""
    port = free_port()
    command = ["voila", notebook.name, "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"]
    with server(command, port, notebook.parent):
        yield f"http://127.0.0.1:{port}/"


@contextlib.contextmanager
def browsing() -> Iterator[Any]:
    """Start the browser. Only one at a time can run in a process, so a module shares it."""
    path = browser_path()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path)
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def looking(
    browser: Any, address: str, *, width: int = 1300, height: int = 1000
) -> Iterator[tuple[Any, list[str]]]:
    """Open a page in the browser; give it and the list of addresses elsewhere that it asked for.

    These are refused, so that no test depends on another host.
    """
    asked: list[str] = []

    def refuse(route: Any) -> None:
        if route.request.url.startswith((address, "data:", "blob:")):
            route.continue_()
        else:
            asked.append(route.request.url)
            route.abort()

    page = browser.new_page(viewport={"width": width, "height": height})
    try:
        page.set_default_timeout(PATIENCE * 1000)
        page.route("**/*", refuse)
        page.goto(address)
        yield page, asked
    finally:
        page.close()


def write_notebook(path: Path, source: str) -> Path:
    """A notebook of one cell."""
    import nbformat

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path
