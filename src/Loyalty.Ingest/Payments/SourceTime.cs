using System.Globalization;
using System.Text;
using Loyalty.Ingest.Values;

namespace Loyalty.Ingest.Payments;

/// <summary>The date and time of an instant in a time zone, from the texts that payment providers and mailing systems write.</summary>
internal static class SourceTime
{
    private static readonly string[] Spelled = ["d MMM yyyy, HH:mm:ss", "d MMM yyyy HH:mm:ss", "d MMM yyyy", "MMM d, yyyy", "MMM d, yyyy HH:mm:ss", "MMM d, yyyy, h:mm:ss tt"];

    public const string NotATime = "not a date; expected YYYY-MM-DD, with or without a time and an offset, or 28 May 2023, 22:31:29";

    /// <summary>With <c>Z</c> or an offset the instant is dated in the zone; without, the date is as printed.</summary>
    public static bool TryRead(string text, TimeZoneInfo zone, out DateTime time)
    {
        var trimmed = text.AsSpan().Trim();
        if (trimmed.Length <= 64 && CellTime.TryParse(Encoding.UTF8.GetBytes(trimmed.ToString()), DateOrder.YearFirst, zone, out time))
        {
            return true;
        }

        return DateTime.TryParseExact(trimmed, Spelled, CultureInfo.InvariantCulture, DateTimeStyles.None, out time);
    }
}
