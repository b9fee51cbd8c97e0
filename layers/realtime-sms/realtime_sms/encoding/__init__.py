"""The codec: GSM 7-bit, UCS-2, charsets, segments, transliteration."""
