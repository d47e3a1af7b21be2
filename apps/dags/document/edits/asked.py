"""What can be asked of the text by the graph."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, TypeAdapter

from apps.dags.document.shape import Part


class AddJob(Part):
    """It reads from the job `after`, or from the dataset; a source from nothing."""

    kind: Literal["add_job"]
    operator: str
    after: str | None = None
    dataset: str | None = None


class Connect(Part):
    """`from` is a job, or a dataset where `dataset` is true."""

    kind: Literal["connect", "disconnect"]
    from_: str = Field(alias="from")
    to: str
    output: int = Field(0, ge=0)
    dataset: bool = False

    def reads(self, source: object) -> bool:
        """Whether what stands behind a `from` is meant."""
        if not isinstance(source, dict):
            return False
        if self.dataset:
            return source.get("dataset") == self.from_
        return source.get("job") == self.from_ and (source.get("output") or 0) == self.output


class RenameJob(Part):
    kind: Literal["rename_job"]
    job: str
    name: str


class DeleteJob(Part):
    kind: Literal["delete_job"]
    job: str


Edit = Annotated[AddJob | Connect | RenameJob | DeleteJob, Discriminator("kind")]
EDIT: TypeAdapter[Edit] = TypeAdapter(Edit)
