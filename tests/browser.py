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
def lab(notebook: Path) -> Iterator[str]:
    """Serve the folder of a notebook with JupyterLab, and give the address of the notebook."""
    port = free_port()
    command = ["jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--allow-root"]
    command += ["--ServerApp.port_retries=0", "--IdentityProvider.token=token"]
    command += [f"--ServerApp.root_dir={notebook.parent}", "--LabApp.news_url=None"]
    command += ["--LabApp.expose_app_in_browser=True"]
    with server(command, port, notebook.parent):
        where = f"lab/workspaces/t/tree/{notebook.name}?reset&token=token"
        yield f"http://127.0.0.1:{port}/{where}"


def run_cell(page: Any, proof: Path) -> None:
    """Run the first cell of a notebook in JupyterLab, which writes a file, until it is there."""
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
    proof.unlink(missing_ok=True)
    for _ in range(8):
        # On a slow machine JupyterLab may ask which kernel, before it knows the named one.
        for button in page.locator(".jp-Dialog .jp-mod-accept").all():
            button.click()
        page.locator(".jp-CodeCell .cm-content").first.click()
        page.keyboard.press("Control+Enter")
        # While the page still arranges itself, a key can get lost.
        for _ in range(40):
            if proof.exists():
                return
            page.wait_for_timeout(100)
    pytest.fail("the cell did not run")


def use_theme(page: Any, theme: str) -> None:
    """Let JupyterLab change its theme."""
    page.evaluate(
        "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme
    )
    page.locator(f"body[data-jp-theme-name='{theme}']").wait_for(state="attached")
    page.wait_for_timeout(300)


#: Contrast of each visible text below an element with what is behind it (WCAG 2.1, 1.4.3).
_CONTRASTS = """root => {
  const numbers = told => {
    const found = told.match(/[\\d.]+/g).map(Number);
    return found.length === 4 ? found : [...found.slice(0, 3), 1];
  };
  const over = (top, below) => {
    const alpha = top[3];
    return [0, 1, 2].map(k => top[k] * alpha + below[k] * (1 - alpha));
  };
  const light = colour => {
    const [r, g, b] = colour.map(part => part / 255).map(
      part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      layers.push(numbers(getComputedStyle(at).backgroundColor));
    }
    return layers.reduceRight((below, top) => over(top, below), [255, 255, 255]);
  };
  const found = [];
  for (const element of document.querySelectorAll(`${root}, ${root} *`)) {
    const own = [...element.childNodes].filter(n => n.nodeType === 3).map(n => n.data.trim());
    const told = own.join(" ").trim() || (element.matches("input, textarea") ? element.value : "");
    const shown = element.checkVisibility({ visibilityProperty: true }) &&
      element.getClientRects().length;
    if (!told || !shown || element.closest(":disabled, script, style, option")) continue;
    const style = getComputedStyle(element);
    const colour = numbers(style.color);
    for (let at = element; at; at = at.parentElement) colour[3] *= getComputedStyle(at).opacity;
    const below = behind(element);
    const [one, two] = [light(over(colour, below)), light(below)];
    const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    found.push([ratio, large ? 3 : 4.5, told.slice(0, 60), style.color, below.join()]);
  }
  return found;
}"""


def low_contrasts(page: Any, root: str) -> list[Any]:
    """Texts below an element that stand out less than WCAG AA asks; there must be some text."""
    found = page.evaluate(_CONTRASTS, root)
    assert len(found) > 10
    return [text for text in found if text[0] < text[1]]


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
    host = "/".join(address.split("/")[:3])

    def refuse(route: Any) -> None:
        if route.request.url.startswith((host, "data:", "blob:")):
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
    # Without the name of a kernel, JupyterLab asks for one.
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path
