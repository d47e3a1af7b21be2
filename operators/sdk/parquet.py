"""How Parquet files are compressed, for every operator that writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field, model_validator

from operators.sdk.config import Config

# As DuckDB reads them: what is skipped is skipped by the group.
GROUP_ROWS = 122_880
_HIGHEST = {"gzip": 9, "brotli": 11, "zstd": 22}


@dataclass(frozen=True)
class MostRows:
    """Of a file, which ends with a whole group, and of a group."""

    file: int | None = None
    group: int = GROUP_ROWS


class Compression(Config):
    """The codec, and how hard it tries."""

    codec: Literal["zstd", "lz4", "snappy", "gzip", "brotli", "uncompressed"] = Field(
        default="zstd", description="`zstd` is small and quick to read; `lz4` is quicker to write."
    )
    level: int | None = Field(
        default=None, ge=1, le=22, description="Higher is smaller and slower; left out, the codec's own. Of zstd, gzip, brotli."
    )

    @model_validator(mode="after")
    def _level_of_the_codec(self) -> Self:
        if self.level is not None and self.codec not in _HIGHEST:
            raise ValueError(f"{self.codec} has no levels; leave `level` out, or use zstd, gzip or brotli")
        if self.level is not None and self.level > _HIGHEST[self.codec]:
            raise ValueError(f"the highest level of {self.codec} is {_HIGHEST[self.codec]}")
        return self
