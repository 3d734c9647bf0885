"""A mapping as a form says what the document says."""

from __future__ import annotations

import pytest

from apps.channels.framework.contracts import shipped_raw
from apps.channels.mapping.schema import MappingDocument
from apps.console.setup.mapping_form import document_of, form_of


@pytest.mark.parametrize("raw", shipped_raw(), ids=lambda raw: raw["contract"])
def test_every_shipped_mapping_goes_through_the_form_unchanged(raw):
    fresh = {**document_of(form_of(raw), {}), "tables": raw.get("tables", {})}

    assert document_of(form_of(raw), raw) == raw
    assert MappingDocument.model_validate(fresh) == MappingDocument.model_validate(raw)
