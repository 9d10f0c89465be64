"""Serving the picture: nginx with the deployed configuration, asked for playlists and segments.

One worker of nginx and one thread of wrk on the same machine, so per core and a little low; the
bytes are the HTTP answers' with their heads, without TCP/IP and TLS.
"""

from __future__ import annotations

from benchmarks.hls_files import broadcast
from benchmarks.hls_server import Nginx, ask, status
from benchmarks.seeding import seed
from benchmarks.servers import Installation
from benchmarks.support import option, report, whole

VIEWERS = 50_000


def main() -> None:
    seconds, connections = option("SECONDS", 8), whole("CONNECTIONS", 200)
    segment_s, kbit_s = option("SEGMENT", 2), whole("KBIT", 1500)
    with Installation(processes=1) as site:
        from django.conf import settings

        from livestream.media import folders, signing

        session = seed(writers=0).public_id
        media, prefix = site.var_dir / "media", signing.prefix(session)
        made = broadcast(folders.session_folder(session), segment_s=segment_s, kbit_s=kbit_s)
        addresses = {"playlist": prefix + made.playlist, "segment": prefix + made.segment}
        nginx = Nginx(media, settings.MEDIA_SIGNING_KEY)
        try:
            figures = {}
            for name, address in addresses.items():
                for kind, tls in (("", False), ("_tls", True)):
                    url = nginx.url(address, tls=tls)
                    figures[name + kind] = ask(
                        url, server=nginx.pid, connections=connections, seconds=seconds
                    )
            forged = status(nginx.url(addresses["playlist"].replace(str(session.hex), "0" * 32)))
        finally:
            nginx.stop()
        for name, address in addresses.items():
            url = f"http://127.0.0.1:{site.plain_ports[0]}{address}"
            figures[f"django_{name}"] = ask(
                url, server=site.pid, connections=min(connections, 50), seconds=seconds
            )
    playlist, segment = figures["playlist"].bytes_each, figures["segment"].bytes_each
    viewer = (playlist + segment) / segment_s
    report(
        f"pictures through nginx, {kbit_s} kbit/s in segments of {segment_s:g} s",
        kbit_s=round(made.kbit_s),
        playlist_bytes=round(playlist),
        segment_bytes=round(segment),
        bytes_per_viewer_s=round(viewer),
        requests_per_viewer_s=2 / segment_s,
        viewers_per_gbit_s=round(1e9 / 8 / viewer),
        viewers_of_one_core_tls=round(
            1e6 * segment_s / (figures["playlist_tls"].cpu_us + figures["segment_tls"].cpu_us)
        ),
        gbit_s_for_50000=round(VIEWERS * viewer * 8 / 1e9, 1),
        forged_address=forged,
        **{name: asked.figures() for name, asked in figures.items()},
    )


if __name__ == "__main__":
    main()
