namespace Loyalty.Ingest.Values;

/// <summary>How a source writes its dates, beside the year-first form, which is always read.</summary>
public enum DateOrder
{
    /// <summary>Year first only: <c>2025-04-11</c>.</summary>
    YearFirst,

    /// <summary>Day first: <c>11/04/2025</c> is 11 April.</summary>
    DayFirst,

    /// <summary>Month first: <c>11/04/2025</c> is 4 November.</summary>
    MonthFirst,
}

/// <summary>Reads a local date, with or without a time, in the order that the source declares; nothing is guessed from the value.</summary>
/// <remarks>
/// <c>2025-04-11</c>, <c>2025-04-11 00:43</c>, <c>2025-04-11T00:43:05.120Z</c>, <c>2025-04-11 00:43:05 -0500</c>; by declaration
/// <c>11/04/2025</c>, <c>11/4/25 0:43</c>, <c>11/04/2025 12:43 am</c>. A time with <c>Z</c> or an offset becomes that of the program's zone; without
/// a zone, and without an offset, date and time are those printed.
/// A year of two digits is one from 2000 to 2099.
/// </remarks>
internal static class CellTime
{
    public static string NotATime(DateOrder order) => order switch
    {
        DateOrder.DayFirst => "not a date; expected DD/MM/YYYY or YYYY-MM-DD, with or without a time",
        DateOrder.MonthFirst => "not a date; expected MM/DD/YYYY or YYYY-MM-DD, with or without a time",
        _ => "not a date; expected YYYY-MM-DD, with or without a time",
    };

    /// <summary>Whether the text is a date and maybe a time, and which.</summary>
    /// <param name="text">The cell, trimmed.</param>
    /// <param name="order">How the source writes dates.</param>
    /// <param name="zone">The zone in which a time with an offset is dated; <see langword="null"/> for as printed.</param>
    /// <param name="time">The date and time.</param>
    public static bool TryParse(ReadOnlySpan<byte> text, DateOrder order, TimeZoneInfo? zone, out DateTime time)
    {
        time = default;
        var slash = text.IndexOf((byte)'/');
        DateOnly date;
        if (slash < 0)
        {
            if (text.Length < 10 || !CellDate.TryParse(text[..10], out date))
            {
                return false;
            }

            text = text[10..];
        }
        else if (order == DateOrder.YearFirst || !TryTakeSlashes(ref text, order, out date))
        {
            return false;
        }

        if (!TryParseTime(text, slash < 0, out var ticks, out var offset))
        {
            return false;
        }

        time = date.ToDateTime(TimeOnly.MinValue).AddTicks(ticks);
        if (offset is { } minutes && zone is not null)
        {
            time = InZone(time, minutes, zone);
        }

        return true;
    }

    /// <summary>The time in a zone; at the ends of the calendar as printed.</summary>
    private static DateTime InZone(DateTime printed, int offsetMinutes, TimeZoneInfo zone)
    {
        if (printed.Year is 1 or 9999)
        {
            return printed;
        }

        var utc = DateTime.SpecifyKind(printed.AddMinutes(-offsetMinutes), DateTimeKind.Utc);
        return DateTime.SpecifyKind(TimeZoneInfo.ConvertTimeFromUtc(utc, zone), DateTimeKind.Unspecified);
    }

    private static bool TryTakeSlashes(ref ReadOnlySpan<byte> text, DateOrder order, out DateOnly date)
    {
        date = default;
        if (!TryTakeNumber(ref text, 1, 2, out var first) || !TryTake(ref text, (byte)'/')
            || !TryTakeNumber(ref text, 1, 2, out var second) || !TryTake(ref text, (byte)'/'))
        {
            return false;
        }

        var digits = text.Length;
        if (!TryTakeNumber(ref text, 2, 4, out var year) || digits - text.Length == 3)
        {
            return false;
        }

        year += digits - text.Length == 2 ? 2000 : 0;
        var (day, month) = order == DateOrder.DayFirst ? (first, second) : (second, first);
        if (year == 0 || month is 0 or > 12 || day == 0 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }

        date = new DateOnly(year, month, day);
        return true;
    }

    private static bool TryParseTime(ReadOnlySpan<byte> text, bool isIso, out long ticks, out int? offset)
    {
        (ticks, offset) = (0, null);
        if (text.IsEmpty)
        {
            return true;
        }

        if (isIso && text[0] == (byte)'T')
        {
            text = text[1..];
        }
        else
        {
            TryTake(ref text, (byte)',');
            if (!TryTake(ref text, (byte)' '))
            {
                return false;
            }
        }

        if (!TryTakeNumber(ref text, 1, 2, out var hour) || !TryTake(ref text, (byte)':') || !TryTakeNumber(ref text, 2, 2, out var minute))
        {
            return false;
        }

        var second = 0;
        if (TryTake(ref text, (byte)':') && !TryTakeNumber(ref text, 2, 2, out second))
        {
            return false;
        }

        if (TryTake(ref text, (byte)'.') && !TryTakeNumber(ref text, 1, 9, out _))
        {
            return false;
        }

        if (!TryTakeHalf(ref text, ref hour) || hour > 23 || minute > 59 || second > 59 || !TryOffset(text, out offset))
        {
            return false;
        }

        ticks = ((hour * 3600L) + (minute * 60) + second) * TimeSpan.TicksPerSecond;
        return true;
    }

    /// <summary>Takes <c>am</c> or <c>pm</c>, when it is there, and turns the hour into one of 24.</summary>
    private static bool TryTakeHalf(ref ReadOnlySpan<byte> text, ref int hour)
    {
        var rest = text.TrimStart((byte)' ');
        if (rest.Length != 2 || (rest[1] | 0x20) != (byte)'m' || (rest[0] | 0x20) is not ((byte)'a' or (byte)'p'))
        {
            return true;
        }

        if (hour is 0 or > 12)
        {
            return false;
        }

        hour = (hour % 12) + ((rest[0] | 0x20) == (byte)'p' ? 12 : 0);
        text = default;
        return true;
    }

    /// <summary>Nothing, <c>Z</c>, <c>UTC</c>, or hours and minutes.</summary>
    private static bool TryOffset(ReadOnlySpan<byte> text, out int? minutes)
    {
        minutes = null;
        text = text.TrimStart((byte)' ');
        if (text.IsEmpty)
        {
            return true;
        }

        if (text.SequenceEqual("Z"u8) || text.SequenceEqual("UTC"u8))
        {
            minutes = 0;
            return true;
        }

        if (text[0] is not ((byte)'+' or (byte)'-'))
        {
            return false;
        }

        var sign = text[0] == (byte)'-' ? -1 : 1;
        text = text[1..];
        if (!TryTakeNumber(ref text, 2, 2, out var hours) || hours > 14)
        {
            return false;
        }

        TryTake(ref text, (byte)':');
        var rest = 0;
        var isRight = text.IsEmpty || (TryTakeNumber(ref text, 2, 2, out rest) && rest <= 59 && text.IsEmpty);
        minutes = isRight ? sign * ((hours * 60) + rest) : null;
        return isRight;
    }

    private static bool TryTake(ref ReadOnlySpan<byte> text, byte expected)
    {
        if (text.IsEmpty || text[0] != expected)
        {
            return false;
        }

        text = text[1..];
        return true;
    }

    private static bool TryTakeNumber(ref ReadOnlySpan<byte> text, int least, int most, out int number)
    {
        number = 0;
        var length = 0;
        while (length < text.Length && length < most && (uint)(text[length] - '0') <= 9)
        {
            number = (number * 10) + text[length++] - '0';
        }

        text = text[length..];
        return length >= least;
    }
}
