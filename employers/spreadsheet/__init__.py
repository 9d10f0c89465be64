"""Vacancies as people write them in spreadsheets, turned into data.

Nothing here touches the database: files become rows, cells become values, and whatever cannot be
understood becomes one clear error instead of a guess.
"""
