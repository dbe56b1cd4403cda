"""What a product's gallery shows, in its order."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Exhibit(Base):
    """A picture in the gallery of a product, or the poster of a video.

    `picture` is a name for `core.web.pictures.find`; `video` is the address of a file in the media
    library or of a page elsewhere, `captions` that of a WebVTT file in the library.
    """

    __tablename__ = "exhibit"
    __table_args__ = (Index("ix_exhibit_product_id", "product_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    position: Mapped[int]
    picture: Mapped[str] = mapped_column(String(64))
    alt: Mapped[str] = mapped_column(String(500))
    video: Mapped[str | None] = mapped_column(String(300))
    captions: Mapped[str | None] = mapped_column(String(300))

    @property
    def plays_here(self) -> bool:
        """Whether the video is a file of ours, not a page elsewhere."""
        return self.video is not None and self.video.startswith("/media/")
