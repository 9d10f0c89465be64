"""Short texts: clean, and never longer than their column."""

from __future__ import annotations

import pytest

from core.errors import Invalid
from core.texts import MAX_REASON, clean_text, given_reason, require_reason


def test_what_cannot_be_stored_or_seen_is_left_out() -> None:
    assert clean_text(" 包\x00住\u200b吗\n\t？ ", limit=10) == "包 住吗 ？"
    for nothing in ("", " \n", "\u200b", "\x00"):
        with pytest.raises(Invalid):
            clean_text(nothing, limit=10)


def test_a_reason_is_given_where_one_is_needed_and_fits_its_column() -> None:
    assert require_reason(" 证书\n有误 ") == "证书 有误"
    assert given_reason("  ") == ""
    with pytest.raises(Invalid, match="reason_missing"):
        require_reason(" ")
    for check in (require_reason, given_reason):
        assert len(check("长" * MAX_REASON)) == MAX_REASON
        with pytest.raises(Invalid, match="text_too_long") as refused:
            check("长" * (MAX_REASON + 1), field="why")
        assert list(refused.value.fields) == ["why"]
