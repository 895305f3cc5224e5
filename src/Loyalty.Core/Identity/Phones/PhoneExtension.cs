using Class = Loyalty.Identity.Phones.PhoneText.Class;

namespace Loyalty.Identity.Phones;

/// <summary>Extensions at the end of phone text (<c>ext. 12</c>, <c>x12</c>, <c>;ext=12</c>, <c>,,12</c>, <c>- 12#</c>).</summary>
internal readonly ref struct PhoneExtension
{
    private readonly ReadOnlySpan<byte> _text;
    private readonly int _digits;
    private readonly int _end;

    /// <summary>Looks at the end of a text.</summary>
    public PhoneExtension(ReadOnlySpan<byte> text)
    {
        _text = text;
        _end = text.EndsWith("#"u8) ? text.Length - 1 : text.Length;
        _digits = _end;
        while (_digits > 0 && PhoneText.Of(text[_digits - 1]) == Class.Digit)
        {
            _digits--;
        }
    }

    /// <summary>The digits, if <see cref="StartsAt"/> is true of some place.</summary>
    public ReadOnlySpan<byte> Digits => _text[_digits.._end];

    /// <summary>Whether the text can end in an extension at all.</summary>
    public bool IsPossible => _end - _digits is > 0 and <= 20;

    /// <summary>Whether the text from <paramref name="start"/> on is an extension, label included.</summary>
    /// <remarks>The six forms of libphonenumber, each with its own most digits. None is ambiguous, so nothing is tried twice.</remarks>
    public bool StartsAt(int start)
    {
        var count = _end - _digits;
        var hash = _end < _text.Length;
        if (!hash && start + 5 == _digits && EqualsIgnoreCase(start, ";ext="u8))
        {
            return true;
        }

        var gap = Skip(start, Class.Gap);
        if (Label(gap) is >= 0 and var label && Reaches(label))
        {
            return true;
        }

        if (count <= 9 && Mark(gap) is >= 0 and var mark && Reaches(mark))
        {
            return true;
        }

        if (count <= 6 && hash && start < _digits)
        {
            var dash = start;
            while (dash < _digits && _text[dash] is (byte)' ' or (byte)'-')
            {
                dash++;
            }

            if (dash == _digits)
            {
                return true;
            }
        }

        var space = start;
        while (space < _text.Length && _text[space] != (byte)',' && PhoneText.Is(_text[space], Class.Gap))
        {
            space++;
        }

        if (space == _text.Length || _text[space] is not ((byte)',' or (byte)';'))
        {
            return false;
        }

        if (count <= 15
            && ((_text[space] == (byte)';' && Reaches(space + 1))
                || (_text[space] == (byte)',' && space + 1 < _text.Length && _text[space + 1] == (byte)',' && Reaches(space + 2))))
        {
            return true;
        }

        while (space < _text.Length && _text[space] == (byte)',')
        {
            space++;
        }

        return count <= 9 && _text[space - 1] == (byte)',' && Reaches(space);
    }

    /// <summary>Whether nothing but a dot and gaps stands between a place and the digits.</summary>
    private bool Reaches(int position)
    {
        if (position < _text.Length && PhoneText.Is(_text[position], Class.Dot))
        {
            position++;
        }

        return Skip(position, Class.WideGap) == _digits;
    }

    private int Skip(int position, Class kind)
    {
        while (position < _text.Length && PhoneText.Is(_text[position], kind))
        {
            position++;
        }

        return position;
    }

    /// <summary>The end of <c>ext</c>, <c>xtn</c>, <c>extensión</c>, <c>anexo</c>, <c>доб</c> and the like, or -1.</summary>
    private int Label(int position)
    {
        if (EqualsIgnoreCase(position, "anexo"u8))
        {
            return position + 5;
        }

        if (position + 3 <= _text.Length && _text[position] == PhoneText.CyrillicDe && _text[position + 1] == PhoneText.CyrillicO
            && _text[position + 2] == PhoneText.CyrillicBe)
        {
            return position + 3;
        }

        var at = position < _text.Length && _text[position] == Wide('e') ? position + 1 : position;
        if (at + 2 <= _text.Length && _text[at] == Wide('x') && _text[at + 1] == Wide('t'))
        {
            at += 2;
            return at < _text.Length && _text[at] == Wide('n') ? at + 1 : at;
        }

        at = EqualsIgnoreCase(position, "e"u8) ? position + 1 : position;
        if (!EqualsIgnoreCase(at, "xt"u8))
        {
            return -1;
        }

        at += 2;
        if (EqualsIgnoreCase(at, "ensi"u8) && at + 4 < _text.Length)
        {
            if (_text[at + 4] == PhoneText.AcuteO)
            {
                at += 5;
            }
            else if ((_text[at + 4] | 0x20) == 'o')
            {
                at += at + 5 < _text.Length && _text[at + 5] == PhoneText.CombiningAcute ? 6 : 5;
            }
        }

        return EqualsIgnoreCase(at, "n"u8) ? at + 1 : at;
    }

    /// <summary>The end of <c>x</c>, <c>#</c>, <c>~</c>, <c>int</c>, or -1.</summary>
    private int Mark(int position)
    {
        if (position < _text.Length
            && (_text[position] is (byte)'x' or (byte)'X' or (byte)'#' or (byte)'~' or PhoneText.WideHash or PhoneText.WideTilde || _text[position] == Wide('x')))
        {
            return position + 1;
        }

        return EqualsIgnoreCase(position, "int"u8)
            || (position + 3 <= _text.Length && _text[position] == Wide('i') && _text[position + 1] == Wide('n') && _text[position + 2] == Wide('t'))
            ? position + 3
            : -1;
    }

    private static byte Wide(char letter) => (byte)(PhoneText.WideLetters + letter - 'a');

    private bool EqualsIgnoreCase(int position, ReadOnlySpan<byte> lower) =>
        position + lower.Length <= _text.Length && System.Text.Ascii.EqualsIgnoreCase(_text.Slice(position, lower.Length), lower);
}
