namespace Loyalty.Ingest.Points;

/// <summary>Reads plain decimals such as <c>12</c> or <c>10.50</c>: digits and a point, nothing else.</summary>
internal static class PlainAmount
{
    /// <summary>An amount in minor units, at least 0. Signs, groups, currency marks, exponents and needless points are refused.</summary>
    /// <param name="text">The cell, trimmed.</param>
    /// <param name="digits">The currency's digits; more after the point are refused.</param>
    /// <param name="minor">The amount.</param>
    public static bool TryParse(ReadOnlySpan<byte> text, int digits, out long minor)
    {
        minor = 0;
        var point = text.IndexOf((byte)'.');
        var whole = point < 0 ? text : text[..point];
        var fraction = point < 0 ? default : text[(point + 1)..];
        if (whole.IsEmpty || (point >= 0 && fraction.IsEmpty) || fraction.Length > digits)
        {
            return false;
        }

        var sum = 0L;
        if (!TryAppend(whole, ref sum) || !TryAppend(fraction, ref sum))
        {
            return false;
        }

        for (var i = fraction.Length; i < digits; i++)
        {
            if (sum > long.MaxValue / 10)
            {
                return false;
            }

            sum *= 10;
        }

        minor = sum;
        return true;
    }

    private static bool TryAppend(ReadOnlySpan<byte> text, ref long sum)
    {
        foreach (var c in text)
        {
            var digit = c - '0';
            if ((uint)digit > 9 || sum > (long.MaxValue - digit) / 10)
            {
                return false;
            }

            sum = (sum * 10) + digit;
        }

        return true;
    }
}
