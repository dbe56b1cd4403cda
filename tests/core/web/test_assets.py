from pathlib import Path

from core.web import assets


def test_a_stylesheet_calls_what_is_there_by_its_hashed_name_and_the_rest_as_written(
    tmp_path: Path,
) -> None:
    source, target = tmp_path / "static", tmp_path / "assets"
    for folder in ("css", "vendor"):
        (source / folder).mkdir(parents=True)
    (source / "vendor" / "face.woff2").write_bytes(b"woff2")
    (source / "css" / "site.css").write_text(
        'src: url("../vendor/face.woff2"), url("../vendor/missing.woff2")'
    )

    names = assets.publish(source, target)

    published = (target / names["css/site.css"]).read_text()
    assert (
        published == f'src: url("../{names["vendor/face.woff2"]}"), url("../vendor/missing.woff2")'
    )
    assert names["vendor/face.woff2"] != "vendor/face.woff2"
