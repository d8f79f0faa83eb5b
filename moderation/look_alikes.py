"""Letters of other scripts that look like Latin ones, each by the look of its own case.

What a reader takes for a single Latin letter is what Unicode says: the data of ``confusables.txt`` (Unicode Technical
Standard 39) of Unicode 15.1, © 2023 Unicode, Inc., under the Unicode License v3 (https://www.unicode.org/license.txt),
as the package confusable-homoglyphs 3.3.1 brings it. Of it, this table has the letters that are not Latin themselves
and do not decompose; a capital that looks like a capital i is one here, and no small l. Below it stands what people use
besides, although it is not quite alike.
"""

from __future__ import annotations

_CONFUSABLE = {
    "a": "ΑαАаᎪᗅꓮ𐊠𖽀",
    "b": "ΒВЬᏏᏴᑲᖯᗷꓐ𐊂𐊡𐌁",
    "c": "СсᏟⲤⲥꓚꮯ𐊢𐌂𐐕𐐽𐔜",
    "d": "ԁᎠᏧᑯᗞᗪꓒꓓ",
    "e": "ΕЕеҽᎬⴹꓰ𐊆𑢦𑢮",
    "f": "Ϝքᖴꓝ𐊇𐊥𐔥𑢢𑣂",
    "g": "ԌցᏀᏳꓖ",
    "h": "ΗНһհᎻᏂᕼⲎꓧ𐋏",
    "i": "ΙιІіӀӏᎥⲒꙇꭵ𑣃",
    "j": "ͿϳЈјᎫᒍꓙ",
    "k": "ΚКᏦᛕⲔꓗ𐔘",
    "l": "ᏞᒪᛁⳐⵏꓡꓲ𐊊𐌉𐐛𐔦𑢣𑢲𖼖𖼨",
    "m": "ΜϺМᎷᗰᛖⲘꓟ𐊰𐌑",
    "n": "ΝոռⲚꓠ𐔓",
    "o": "ΟοσОоՕօଠഠဝჿዐⲞⲟⵔꓳ𐊒𐊫𐐄𐐬𐓂𐓪𐔖𑢵𑣈𑣗",
    "p": "ΡρРрᏢᑭⲢⲣꓑ𐊕",
    "q": "ԛգզⵕ",
    "r": "гᎡᏒᖇᴦⲅꓣꮁ𐒴𖼵",
    "s": "ЅѕՏᏕᏚꓢꮪ𐊖𐐠𐑈𑣁𖼺",
    "t": "ΤТᎢⲦꓔ𐊗𐊱𐌕𑢼𖼊",
    "u": "υՍսሀᑌꓴ𐓎𐓶𑢸𑣘𖽂",
    "v": "νѴѵᏙᐯⴸꓦꛟꮩ𐔝𑜆𑢠𑣀𖼈",
    "w": "ѡԜԝաᎳᏔꓪꮃ𑜊𑜎𑜏",
    "x": "ΧХхᕁᕽᚷⲬⵝꓫ𐊐𐊴𐌗𐔧",
    "y": "ΥγУуҮүყᎩᎽⲨꓬ𐊲𑢤𑣜𖽃",
    "z": "ΖᏃꓜꮓ𑢩𑣄",
}

_NEARLY = {
    "3": "з",
    "c": "ϲϹ",
    "e": "є",
    "j": "յ",
    "n": "ηπпи",
    "r": "я",
    "s": "ς",
    "u": "μ",
    "w": "ω",
    "ab": "🆎",
}

_ARABIC = {"ك": "کڪ", "ي": "ی", "ه": "ہھە"}
"""Letters that Persian, Urdu and others type in place of the Arabic ones, and that look like them within a word."""

LOOKS = {
    **{
        letter: look
        for table in (_CONFUSABLE, _NEARLY, _ARABIC)
        for look, letters in table.items()
        for letter in letters
    },
    # White letters in black circles and squares, and the letters that flags are made of
    **{chr(first + n): chr(0x61 + n) for first in (0x1F150, 0x1F170, 0x1F1E6) for n in range(26)},
}
