"""How large a spreadsheet may be. The figures keep memory flat and answers quick."""

from __future__ import annotations

from typing import Final

#: Vacancies in one file.
MAX_ROWS: Final = 20_000
#: Characters in one cell: what Excel itself can hold.
MAX_CELL: Final = 32_767
MAX_COLUMNS: Final = 256
#: Cells of one row, empty ones too: what Excel itself can hold. A row is read whole.
MAX_CELLS_IN_ROW: Final = 16_384
MAX_FILE_BYTES: Final = 20 * 1024 * 1024
#: Unpacked size of one sheet, of the shared texts, and of any other part of an xlsx file.
MAX_SHEET_BYTES: Final = 128 * 1024 * 1024
MAX_TEXTS_BYTES: Final = 64 * 1024 * 1024
MAX_PART_BYTES: Final = 8 * 1024 * 1024
#: Shared texts of one workbook: more than 20,000 rows of 30 columns could use.
MAX_TEXTS: Final = 600_000
MAX_PARTS: Final = 2_000
#: A part beyond this size may not be packed more tightly than the ratio.
BOMB_BYTES: Final = 32 * 1024 * 1024
BOMB_RATIO: Final = 200
#: The last row number a sheet can have.
LAST_ROW: Final = 1_048_576
