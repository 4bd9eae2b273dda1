"""Small files of every format, made when a test wants them."""

import bz2
import gzip
import io
import json
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

PARAGRAPHS = [
    "The envoys of both countries left the city on Friday without a deal, officials said after nine hours of talks.",
    "“We will not sign under pressure,” the head of the delegation told reporters in front of the hotel.",
    "A second round is planned for the spring, although neither side would name a place or a date for it on Friday.",
]
RUSSIAN = [
    "Делегации обеих стран покинули город в пятницу без соглашения, сообщили официальные лица после переговоров.",
    "«Мы не подпишем под давлением», — заявил журналистам глава делегации у гостиницы, где проходила встреча.",
    "Второй раунд запланирован на весну, однако ни одна из сторон не назвала ни места, ни даты новой встречи.",
]


def page(
    title="Talks end without a deal", paragraphs=PARAGRAPHS, url="https://www.example.com/news/1", charset="utf-8"
):
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"""<!doctype html><html lang="en"><head><meta charset="{charset}"><title>{title} | The Example</title>
        <link rel="canonical" href="{url}"><meta property="og:title" content="{title}">
        <meta property="og:site_name" content="The Example"><meta name="author" content="Ann Author">
        <meta property="article:published_time" content="2031-03-11T17:40:00+03:00"></head>
        <body><nav><a href="/">Home</a> <a href="/world">World</a></nav><article><h1>{title}</h1>{body}</article>
        <footer>All rights reserved</footer></body></html>""".encode(charset)


def feed(items=3):
    entries = "".join(
        f"<item><title>Report {n}</title><link>https://www.example.com/{n}</link><guid>g{n}</guid>"
        f"<pubDate>Tue, 11 Mar 2031 17:4{n}:00 +0300</pubDate>"
        f"<description>&lt;p&gt;The envoys left, number {n}.&lt;/p&gt;&lt;p&gt;Nobody spoke.&lt;/p&gt;</description>"
        "</item>"
        for n in range(items)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>The Example</title>'
        f"<link>https://example.com</link><language>en</language>{entries}</channel></rss>"
    ).encode()


def web_archive(packed=False):
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=packed)

    def answer(url, data, kind="text/html", status="200 OK"):
        headers = StatusAndHeaders(status, [("Content-Type", kind)], protocol="HTTP/1.1")
        writer.write_record(writer.create_warc_record(url, "response", payload=io.BytesIO(data), http_headers=headers))

    answer("https://www.example.com/news/7", page(url="https://www.example.com/news/7"))
    answer("https://www.example.com/a.png", b"\x89PNG\0", "image/png")
    answer("https://www.example.com/gone", b"<html>gone</html>", status="404 Not Found")
    answer(
        "https://www.example.com/news/8", page("Second", list(reversed(PARAGRAPHS)), "https://www.example.com/news/8")
    )
    return out.getvalue()


def tasks():
    return json.dumps(
        [
            {
                "id": n,
                "data": {"id": f"r{n}", "text": f"Sentence number {n}.", "outlet": "Post"},
                "annotations": [{"id": 1}],
            }
            for n in range(3)
        ]
    ).encode()


def parquet(rows):
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


def zipped(members, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def packed(data, suffix):
    if suffix == ".zst":
        return pa.compress(data, codec="zstd", asbytes=True)
    return {".gz": lambda d: gzip.compress(d, mtime=0), ".bz2": bz2.compress}[suffix](data)
