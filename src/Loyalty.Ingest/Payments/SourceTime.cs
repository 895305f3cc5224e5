using System.Globalization;
using System.Text;
using Loyalty.Ingest.Values;

namespace Loyalty.Ingest.Payments;

/// <summary>The day of an instant in a time zone, from the texts that payment providers and mailing systems write.</summary>
internal static class SourceTime
{
    private static readonly string[] Spelled = ["d MMM yyyy, HH:mm:ss", "d MMM yyyy HH:mm:ss", "d MMM yyyy", "MMM d, yyyy", "MMM d, yyyy HH:mm:ss", "MMM d, yyyy, h:mm:ss tt"];

    public const string NotATime = "not a date; expected YYYY-MM-DD, with or without a time and an offset, or 28 May 2023, 22:31:29";

    /// <summary>With <c>Z</c> or an offset the instant is dated in the zone; without, the date is as printed.</summary>
    public static bool TryRead(string text, TimeZoneInfo zone, out DateOnly date)
    {
        var trimmed = text.AsSpan().Trim();
        if (trimmed.IndexOfAnyExceptInRange('\0', '\u007F') < 0 && trimmed.Length <= 64)
        {
            Span<byte> bytes = stackalloc byte[64];
            var length = Encoding.ASCII.GetBytes(trimmed, bytes);
            if (CellTime.TryParse(bytes[..length], DateOrder.YearFirst, out var time))
            {
                if (TryReadOffset(trimmed, out var offset))
                {
                    var ticks = time.Ticks - offset.Ticks;
                    if (ticks < DateTime.MinValue.Ticks + TimeSpan.TicksPerDay || ticks > DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay)
                    {
                        date = default;
                        return false;
                    }

                    time = TimeZoneInfo.ConvertTimeFromUtc(new DateTime(ticks, DateTimeKind.Utc), zone);
                }

                date = DateOnly.FromDateTime(time);
                return true;
            }
        }

        if (DateTime.TryParseExact(trimmed, Spelled, CultureInfo.InvariantCulture, DateTimeStyles.None, out var spelled))
        {
            date = DateOnly.FromDateTime(spelled);
            return true;
        }

        date = default;
        return false;
    }

    /// <summary><c>Z</c>, <c>UTC</c> or <c>±HH[:]MM</c> at the end of a text with a time.</summary>
    private static bool TryReadOffset(ReadOnlySpan<char> text, out TimeSpan offset)
    {
        offset = TimeSpan.Zero;
        if (text.EndsWith("Z") || text.EndsWith("UTC"))
        {
            return true;
        }

        var at = text.LastIndexOfAny('+', '-');
        if (at < 13)
        {
            return false;
        }

        var digits = text[(at + 1)..];
        Span<char> compact = stackalloc char[4];
        var n = 0;
        foreach (var c in digits)
        {
            if (c != ':' && n < 4)
            {
                compact[n++] = c;
            }
        }

        if (n is not (2 or 4) || !int.TryParse(compact[..2], NumberStyles.None, CultureInfo.InvariantCulture, out var hours))
        {
            return false;
        }

        var minutes = n == 4 && int.TryParse(compact[2..4], NumberStyles.None, CultureInfo.InvariantCulture, out var m) ? m : 0;
        offset = new TimeSpan(hours, minutes, 0) * (text[at] == '-' ? -1 : 1);
        return true;
    }
}
