"""Pages that may scan by the camera: the headers that let them, and no other page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from inventory.web.pages.frame import HEADERS, POLICY, frame_of, in_html, templates

if TYPE_CHECKING:
    from litestar.response.base import ASGIResponse

    from inventory.web.auth import Asking

WITH_CAMERA: Final = {
    "Content-Security-Policy": POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'"),
    "Permissions-Policy": HEADERS["Permissions-Policy"].replace("camera=()", "camera=(self)"),
}
"""The camera, and the leave to compile what reads its picture."""


def page_with_camera(request: Asking, template: str, **context: Any) -> ASGIResponse:
    """A page that may scan by the camera."""
    return in_html(
        templates().get_template(template).render(frame_of(request), **context), headers=WITH_CAMERA
    )
