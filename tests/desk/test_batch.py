"""Verifying employers in a batch: every row's fate, licences from the folder, hostile archives."""

from __future__ import annotations

import io
import stat
import zipfile

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from employers.enums import DocumentKind, EmployerKind, EmployerStatus
from employers.licence_folder import MAX_ENTRIES, FolderRefused, open_folder
from employers.models import Employer, EmployerClaim, EmployerDocument
from employers.rules import check_character
from fairs.enums import StaffRole
from tests.desk.people import audited, browser, staff_of
from tests.factories import BoothFactory, EmployerFactory, FairFactory, UserFactory

pytestmark = pytest.mark.django_db
HEAD = "单位名称,统一社会信用代码,审核结果,原因"


def code_of(number: int) -> str:
    start = f"91440000DEM{number:06d}"
    return start + check_character(start)


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(out, "PNG")
    return out.getvalue()


def archive(files: dict[str, bytes], *, compress: bool = True) -> bytes:
    out = io.BytesIO()
    how = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    with zipfile.ZipFile(out, "w", how) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return out.getvalue()


def employer(
    number: int, status: EmployerStatus = EmployerStatus.SUBMITTED, **fields: object
) -> Employer:
    values: dict[str, object] = {
        "name": f"岭州第{number}机械有限公司",
        "credit_code": code_of(number),
        "status": status,
        **fields,
    }
    made: Employer = EmployerFactory(**values)
    return made


def with_licence(made: Employer) -> Employer:
    EmployerDocument.objects.create(
        employer=made, kind=DocumentKind.BUSINESS_LICENCE, file="x.png", media_type="image/png"
    )
    return made


def upload(client: Client, rows: list[str], licences: bytes | None = None) -> str:
    """Upload a batch; the address of its preview."""
    sheet = SimpleUploadedFile("审核.csv", "\n".join([HEAD, *rows]).encode())
    form = {"sheet": sheet}
    if licences is not None:
        form["licences"] = SimpleUploadedFile("执照.zip", licences)
    answer = client.post("/desk/employers/batch/", form)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def settle(client: Client, address: str, decision: str = "confirm") -> str:
    answer = client.post(f"{address}settle/", {"decision": decision}, follow=True)
    return answer.content.decode()


def problems(client: Client, address: str) -> dict[int, str]:
    lines = client.get(address).context["lines"]
    return {fate.row.number: fate.problem for fate, _kind in lines}


@pytest.fixture
def client() -> Client:
    return browser(staff_of(FairFactory(), StaffRole.REVIEWER))


def test_a_batch_is_previewed_carried_out_and_told(client: Client) -> None:
    known = with_licence(employer(1))
    sent_back = with_licence(employer(2))
    fresh = employer(3, EmployerStatus.DRAFT, credit_code=None)
    imported = employer(4, EmployerStatus.UNCLAIMED, credit_code=None, verified_at=None)
    rows = [
        f"{known.name},,通过,",
        f",{sent_back.credit_code},退回,执照过期",
        f"{fresh.name},{code_of(3)},通过,",
        f"{imported.name},{code_of(4)},审核通过,",
    ]
    folder = archive(
        {f"{code_of(3)}.png": picture(), f"二批/{imported.name}/营业执照.PNG": picture()}
    )
    address = upload(client, rows, folder)
    page = client.get(address).content.decode()
    assert f"{code_of(3)}.png" in page
    assert set(problems(client, address).values()) == {""}
    assert Employer.objects.filter(status=EmployerStatus.VERIFIED).count() == 0
    assert not fresh.documents.exists()

    done = settle(client, address)
    states = {row.pk: row for row in Employer.objects.all()}
    assert states[known.pk].status == EmployerStatus.VERIFIED
    assert states[sent_back.pk].status == EmployerStatus.REJECTED
    assert states[sent_back.pk].status_reason == "执照过期"
    assert states[fresh.pk].status == EmployerStatus.VERIFIED
    assert states[fresh.pk].credit_code == code_of(3)
    assert states[imported.pk].status == EmployerStatus.VERIFIED
    assert fresh.documents.get().media_type == "image/png"
    assert imported.documents.get().kind == DocumentKind.BUSINESS_LICENCE
    assert "已处理 4 家" in done
    assert audited("employer.taken_up") == 1
    again = settle(client, address)
    assert "已处理" in again
    assert EmployerDocument.objects.count() == 4


def test_rows_that_cannot_be_done_say_why(client: Client) -> None:
    namesake = employer(1)
    EmployerFactory(name=namesake.name, status=EmployerStatus.SUBMITTED)
    verified = employer(2, EmployerStatus.VERIFIED)
    bare = employer(3, EmployerStatus.DRAFT)
    coded = with_licence(employer(4))
    claimed = employer(5, EmployerStatus.UNCLAIMED, verified_at=None)
    EmployerClaim.objects.create(
        unclaimed=claimed, claimant=EmployerFactory(), claimed_by=UserFactory()
    )
    address = upload(
        client,
        [
            "无此单位有限公司,,通过,",
            f"{namesake.name},,通过,",
            f"{verified.name},,通过,",
            f"{bare.name},,通过,",
            f"另一个名字,{coded.credit_code},通过,",
            f"{coded.name},,退回,",
            f"{coded.name},,也许,",
            ",,通过,",
            f"{bare.name},,退回,不齐",
            f"{claimed.name},,通过,",
            f"{coded.name},123,通过,",
            f"{coded.name},,通过,",
            f",{coded.credit_code},通过,",
        ],
    )
    found = problems(client, address)
    assert [row for row, problem in found.items() if not problem] == [13]
    for row, words in {
        2: "没有这家单位",
        3: "信用代码",
        4: "已审核通过",
        5: "营业执照",
        6: coded.name,
        7: "原因",
        8: "也许",
        9: "没有写单位",
        10: "第 5 行",
        11: "认领",
        12: "18",
        14: "第 13 行",
    }.items():
        assert words in found[row], (row, found[row])
    settle(client, address)
    assert Employer.objects.get(pk=coded.pk).status == EmployerStatus.VERIFIED
    assert Employer.objects.filter(status=EmployerStatus.VERIFIED).count() == 3


def test_a_row_that_fails_midway_leaves_nothing(client: Client) -> None:
    """An agency without its HR licence is complete for the preview, not for the verification."""
    agency = employer(1, EmployerStatus.DRAFT, kind=EmployerKind.AGENCY)
    good = employer(2, EmployerStatus.DRAFT)
    folder = archive({f"{agency.name}.png": picture(), f"{good.name}.png": picture()})
    address = upload(client, [f"{agency.name},,通过,", f"{good.name},,通过,"], folder)
    before = _stored()
    page = settle(client, address)
    agency.refresh_from_db()
    good.refresh_from_db()
    assert (agency.status, good.status) == (EmployerStatus.DRAFT, EmployerStatus.VERIFIED)
    assert not agency.documents.exists()
    assert "is-late" in page
    assert _stored() - before == {str(good.documents.get().file)}


def _stored() -> set[str]:
    store = storages["private"]
    base = "employers.employerdocument"
    if not store.exists(base):
        return set()
    return {
        f"{base}/{folder}/{name}"
        for folder in store.listdir(base)[0]
        for name in store.listdir(f"{base}/{folder}")[1]
    }


def test_a_licence_that_is_no_picture_leaves_its_row_undone(client: Client) -> None:
    made = employer(1, EmployerStatus.DRAFT)
    folder = archive({f"{made.name}.png": b"<svg onload='alert(1)'/>"})
    address = upload(client, [f"{made.name},,通过,"], folder)
    settle(client, address)
    made.refresh_from_db()
    assert made.status == EmployerStatus.DRAFT
    assert not made.documents.exists()


def test_two_persons(client: Client) -> None:
    fair = FairFactory(two_person_review=True)
    made = with_licence(employer(1))
    BoothFactory(fair=fair, employer=made)
    page = settle(client, upload(client, [f"{made.name},,通过,"]))
    made.refresh_from_db()
    assert made.status == EmployerStatus.SUBMITTED
    assert "还需第二人确认" in page
    second = browser(staff_of(fair, StaffRole.REVIEWER))
    settle(second, upload(second, [f"{made.name},,通过,"]))
    made.refresh_from_db()
    assert made.status == EmployerStatus.VERIFIED


def test_a_long_batch_goes_on_where_it_stopped(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        with_licence(employer(number))
    address = upload(client, [f",{code_of(1)},通过,", f",{code_of(2)},通过,"])
    monkeypatch.setattr("jobfair.desk.batch.SECONDS", -1.0)
    settle(client, address)
    assert not Employer.objects.filter(status=EmployerStatus.VERIFIED).exists()
    monkeypatch.undo()
    settle(client, address)
    assert Employer.objects.filter(status=EmployerStatus.VERIFIED).count() == 2


def test_discarding_removes_the_files(client: Client) -> None:
    made = with_licence(employer(1))
    address = upload(client, [f"{made.name},,通过,"], archive({"执照.png": picture()}))
    assert "执照.png" in client.get(address).context["unused"]
    settle(client, address, "discard")
    assert client.get(address).status_code == 404
    made.refresh_from_db()
    assert made.status == EmployerStatus.SUBMITTED


def test_a_batch_belongs_to_who_uploaded_it(client: Client) -> None:
    made = with_licence(employer(1))
    address = upload(client, [f"{made.name},,通过,"])
    other = browser(staff_of(FairFactory()))
    assert other.get(address).status_code == 404
    assert other.post(f"{address}settle/", {"decision": "confirm"}).status_code == 404
    assert browser(None).get(address).status_code == 302
    assert browser(UserFactory()).get(address).status_code == 404


def test_the_sheet_of_those_that_wait_can_be_uploaded_again(client: Client) -> None:
    employer(1)
    sheet = client.get(reverse("desk-employers-batch-template")).content
    answer = client.post(
        "/desk/employers/batch/", {"sheet": SimpleUploadedFile("employers.xlsx", sheet)}
    )
    assert "既不是" in next(iter(problems(client, answer["Location"]).values()))


@pytest.mark.parametrize(
    "sheet",
    [b"", "甲,乙\n1,2\n".encode(), b"PK\x03\x04 broken", b"<html></html>"],
)
def test_a_sheet_that_is_none_is_refused(client: Client, sheet: bytes) -> None:
    page = client.post("/desk/employers/batch/", {"sheet": SimpleUploadedFile("a.csv", sheet)})
    assert "field__error" in page.content.decode() or "notice--bad" in page.content.decode()


def test_more_rows_than_a_batch_holds(client: Client) -> None:
    rows = [HEAD, *(f"单位{n},,通过," for n in range(501))]
    sheet = SimpleUploadedFile("a.csv", "\n".join(rows).encode())
    page = client.post("/desk/employers/batch/", {"sheet": sheet}).content.decode()
    assert "notice--bad" in page


# --- hostile archives ---------------------------------------------------------------------------
def _link() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        entry = zipfile.ZipInfo("执照.png")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(entry, "/etc/passwd")
    return out.getvalue()


def _locked() -> bytes:
    data = bytearray(archive({"a.png": picture()}))
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + place] |= 1
    return bytes(data)


HOSTILE = {
    "traversal": archive({"../../etc/执照.png": picture()}),
    "absolute": archive({"/etc/执照.png": picture()}),
    "windows": archive({"..\\..\\执照.png": picture()}),
    "drive": archive({"C:\\执照.png": picture()}),
    "link": _link(),
    "bomb": archive({"a.png": bytes(60_000_000)}),
    "many bombs": archive({f"{n}.png": bytes(9_000_000) for n in range(30)}),
    "many": archive({f"{n}.png": b"" for n in range(MAX_ENTRIES + 1)}),
    "locked": _locked(),
    "not a zip": b"Rar!\x1a\x07\x00",
    "cut off": archive({"a.png": picture()})[:-30],
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_hostile_folder_is_refused_whole(client: Client, name: str) -> None:
    made = employer(1)
    form = {
        "sheet": SimpleUploadedFile("a.csv", f"{HEAD}\n{made.name},,通过,".encode()),
        "licences": SimpleUploadedFile("执照.zip", HOSTILE[name]),
    }
    page = client.post("/desk/employers/batch/", form)
    assert page.status_code == 200
    assert "field__error" in page.content.decode()
    with pytest.raises(FolderRefused), open_folder(io.BytesIO(HOSTILE[name])):
        pass


def test_a_file_that_claims_to_be_small_is_not_unpacked_further(client: Client) -> None:
    """The header says 100 bytes, the stream would give 60 MB: reading stops, the row fails."""
    made = employer(1, EmployerStatus.DRAFT)
    data = bytearray(archive({f"{made.credit_code}.png": bytes(60_000_000)}))
    for magic, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(magic) + place
        data[at : at + 4] = (100).to_bytes(4, "little")
    address = upload(client, [f"{made.name},,通过,"], bytes(data))
    settle(client, address)
    made.refresh_from_db()
    assert made.status == EmployerStatus.DRAFT


def test_the_longest_name_in_a_path_wins() -> None:
    owners = [("", "岭州机械有限公司"), ("", "岭州机械有限公司分公司"), ("", "岭州")]
    data = archive(
        {
            "岭州机械有限公司分公司.jpg": b"x",
            "岭州机械有限公司.pdf": b"x",
            "岭州机械有限公司-人力资源服务许可证.pdf": b"x",
            "岭州机械有限公司-2.pdf": b"x",
            "__MACOSX/._岭州机械有限公司.pdf": b"x",
            "说明.txt": b"x",
        }
    )
    with open_folder(io.BytesIO(data)) as folder:
        shared = folder.share_out(owners)
        assert len(folder.licences) == 4
    assert {licence.kind for licence in shared[0]} == set(DocumentKind)
    assert [licence.name for licence in shared[1]] == ["岭州机械有限公司分公司.jpg"]
    assert 2 not in shared


def test_a_name_in_gb18030_is_read() -> None:
    name = "岭州机械有限公司.pdf"
    data = archive({"q" * len(name.encode("gb18030")): b"x"})
    data = data.replace(b"q" * len(name.encode("gb18030")), name.encode("gb18030"))
    with open_folder(io.BytesIO(data)) as folder:
        assert [licence.name for licence in folder.licences] == [name]
