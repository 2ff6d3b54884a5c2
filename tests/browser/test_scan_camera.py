"""A picker without a scanner: the camera of the hand-held reads the barcode of a batch."""

import numpy
import suite
import web_client
import zxingcpp
from handheld import Handheld, make_batch

WIDTH, HEIGHT, FRAMES = 640, 480, 10


def film(path, code):
    """What a camera sees that is held over a barcode: an uncompressed video without end."""
    barcode = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.Code128)
    bars = numpy.array(zxingcpp.write_barcode_to_image(barcode, scale=2))
    bars = bars[bars.shape[0] // 2]  # one row of it; only a strip in the middle is looked at
    light = numpy.full((HEIGHT, WIDTH), 255, numpy.uint8)
    top, left = HEIGHT // 2 - 40, (WIDTH - len(bars)) // 2
    light[top : top + 80, left : left + len(bars)] = bars
    grey = bytes([128]) * (WIDTH * HEIGHT // 2)
    frame = b"FRAME\n" + light.tobytes() + grey
    header = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode()
    path.write_bytes(header + frame * FRAMES)


def test_camera_opens_a_batch(handheld, server, browser, tmp_path):
    work = make_batch(handheld(), "CAM", [[(0, 1)]])
    video = tmp_path / "camera.y4m"
    film(video, work["name"])
    with_camera = browser.browser_type.launch(
        executable_path=suite.chromium(),
        args=[
            *web_client.CHROMIUM_ARGS,
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={video}",
        ],
    )
    try:
        picker = Handheld(with_camera, server[0], size=(390, 844))
        picker.page.goto(f"{picker.address}/odoo/scan")
        picker.page.locator(".o_scan_work").first.wait_for()
        picker.page.get_by_role("button", name="Camera").click()
        picker.prompt("A-03")
        picker.shot("camera")
        assert not picker.problems
    finally:
        with_camera.close()
