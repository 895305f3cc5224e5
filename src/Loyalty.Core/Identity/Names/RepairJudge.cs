namespace Loyalty.Identity.Names;

/// <summary>Judges whether a reading of broken text is certain: whether every character of it is what a name holds, where it stands.</summary>
/// <remarks>
/// Clean text can look like broken text: <c>BEYONCÉ’S</c> reads as <c>BEYONCɒS</c>, <c>VĚŽ</c> as <c>V</c> with a mark. Such accidents have signs: a letter no name
/// uses, two scripts in a word, a capital and the punctuation behind it. A character with a fatal sign refutes the reading; one with a doubtful sign counts only
/// when another character of the same reading is beyond doubt.
/// </remarks>
internal ref struct RepairJudge
{
    // More characters beyond doubt are asked for when scripts are mixed within a word.
    private const int SureWhenMixed = 4;

    private readonly ReadOnlySpan<ReadCharacter> _text;
    private readonly bool _western;
    private readonly bool _macintosh;

    private RepairJudge(ReadOnlySpan<ReadCharacter> text, CodePage page)
    {
        _text = text;
        _western = page == CodePage.Western;
        _macintosh = page == CodePage.Macintosh;
    }

    private enum Sign
    {
        /// <summary>Beyond doubt.</summary>
        None,

        /// <summary>Could be an accident of clean text.</summary>
        Doubtful,

        /// <summary>Two scripts in one word.</summary>
        Mixed,

        /// <summary>No name holds this.</summary>
        Fatal,
    }

    /// <summary>Whether a reading is certain.</summary>
    public static bool IsCertain(ReadOnlySpan<ReadCharacter> text, CodePage page) => new RepairJudge(text, page).IsCertain();

    private readonly bool IsCertain()
    {
        int sure = 0, doubtful = 0;
        var mixed = false;
        for (var i = 0; i < _text.Length; i++)
        {
            if (_text[i].Length == 1)
            {
                continue;
            }

            var sign = Judge(i);
            if (sign == Sign.Fatal)
            {
                return false;
            }

            mixed |= sign == Sign.Mixed;
            sure += sign == Sign.None ? 1 : 0;
            doubtful += sign == Sign.None ? 0 : 1;
        }

        return doubtful == 0 || sure >= (mixed ? SureWhenMixed : 1);
    }

    private readonly int At(int index) => (uint)index < (uint)_text.Length ? _text[index].Value : -1;

    private readonly Sign Judge(int index)
    {
        var read = _text[index];
        var value = read.Value;
        if (!Characters.IsPlausible(value))
        {
            return Sign.Fatal;
        }

        int before = At(index - 1), after = At(index + 1);
        var script = Characters.ScriptOf(value);
        if (IsMixed(read, script, before) || IsMixed(read, script, after))
        {
            return Sign.Mixed;
        }

        if (Characters.IsSymbol(value) && Characters.IsLetter(before) && Characters.IsLetter(after))
        {
            return Sign.Doubtful;
        }

        // Three characters and more that fit together by accident are rare enough.
        return read.Length > 2 ? Sign.None : JudgePair(index, read, script, before, after);
    }

    /// <summary>A character that two characters hid.</summary>
    private readonly Sign JudgePair(int index, ReadCharacter read, Script script, int before, int after)
    {
        if (script is not (Script.Common or Script.Latin))
        {
            if (script != Script.Arabic && (Characters.IsDigit(before) || Characters.IsDigit(after)))
            {
                return Sign.Doubtful;
            }

            if (script is not Script.Other && IsAlone(script) && !(IsSymbolByte(read.Next) && Characters.IsLetter(before)))
            {
                return Sign.Doubtful;
            }

            if (script == Script.Hebrew && Characters.IsMark(read.Value) && Characters.ScriptOf(Math.Max(before, 0)) != Script.Hebrew)
            {
                return Sign.Doubtful;
            }
        }

        // A letter that takes a mark: "ÍŽ" and "ĚŽ" are letters of clean text.
        if (read.Value is >= 0x300 and < 0x370 && (_macintosh || (Characters.IsLetter(read.Next) && (!_western || read.Lead == 'Í'))))
        {
            return Sign.Fatal;
        }

        return _macintosh ? JudgeMacintoshPair(read, script, before, after) : JudgeCapital(index, read, before, after);
    }

    /// <summary>Mac Roman has its first bytes in symbols and quotes: <c>«é</c>, <c>√π</c>, <c>¬´</c>.</summary>
    private static Sign JudgeMacintoshPair(ReadCharacter read, Script script, int before, int after)
    {
        if ((read.Lead == '\u00A0' && !(Characters.IsLetter(before) && Characters.IsLetter(after))) || read.Value is >= 0x1CD and <= 0x1DC)
        {
            return Sign.Doubtful;
        }

        if (read.Value is 0xAA or 0xB0 or 0xBA && (Characters.IsLetter(before) || Characters.IsDigit(before) || before == '.'))
        {
            return Sign.None;
        }

        if (script == Script.Common && !IsMacintoshLetter(read.Lead) && !IsMacintoshLetter(read.Next))
        {
            return Sign.Doubtful;
        }

        return IsMathematical(read.Lead) && IsMathematical(read.Next) && !Characters.IsLetter(before) && !Characters.IsLetter(after) ? Sign.Doubtful : Sign.None;
    }

    /// <summary>A capital with an accent and what stands behind it: <c>É’</c>, <c>Å™</c>, <c>Ä</c> and a no-break space.</summary>
    private readonly Sign JudgeCapital(int index, ReadCharacter read, int before, int after)
    {
        var capitals = 0;
        while (Characters.IsUpper(At(index - 1 - capitals)))
        {
            capitals++;
        }

        if (capitals >= 2 && (Characters.IsLower(read.Value) || read.Value is 0xAA or 0xBA or (>= 0x300 and < 0x340)))
        {
            return Sign.Doubtful;
        }

        if (!IsClosing(read.Next) || !Characters.IsUpper(read.Lead) || read.Lead == 'Â')
        {
            return Sign.None;
        }

        var end = !Characters.IsLetter(after);
        var inside = Characters.IsLetter(before);
        if (read.Next == '\u00A0')
        {
            // "à" is written with a capital and a no-break space.
            var a = read.Lead is 'Ã' or 'Ă';
            return capitals >= 2 || (capitals == 1 && !a) || (!inside && end && !(a && after == ' ')) ? Sign.Doubtful : Sign.None;
        }

        return (read.Next == '’' && (capitals >= 2 || (!inside && read.Lead == 'Ã' && after is 's' or 'S')))
            || (end && (capitals > 0 || !inside))
            ? Sign.Doubtful
            : Sign.None;
    }

    private readonly bool IsMixed(ReadCharacter read, Script script, int neighbour)
    {
        if (neighbour < 0 || script == Script.Common)
        {
            return false;
        }

        var other = Characters.ScriptOf(neighbour);
        if (other == Script.Common || other == script || (script, other) is (Script.Han, Script.Hangul) or (Script.Hangul, Script.Han))
        {
            return false;
        }

        // A Greek letter in a word of science, where no clean text has the symbol.
        return !(_western && script == Script.Greek && read.Length == 2 && Characters.IsLower(read.Value) && IsSymbolByte(read.Next));
    }

    private readonly bool IsAlone(Script script)
    {
        var count = 0;
        foreach (var read in _text)
        {
            count += Characters.ScriptOf(read.Value) == script ? 1 : 0;
        }

        return count < 2;
    }

    private static bool IsSymbolByte(char c) => c is >= '\u00A1' and <= '\u00BF';

    private static bool IsClosing(char c) => c is '’' or '”' or '»' or '…' or '™' or '®' or '©' or '\u00A0' or '—' or '“' or '•';

    private static bool IsMacintoshLetter(char c) => c is '√' or '∆' or '∂' || Characters.IsLetter(c);

    private static bool IsMathematical(char c) =>
        c is 'π' or '°' or 'ª' or 'º' or '´' or '¨' or '¯' or '¸' or '˘' or '˙' or '˚' or '˝' or '˛' or 'ˇ' or '˜' || Characters.IsSymbol(c);
}
