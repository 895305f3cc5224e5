namespace Loyalty.Ingest.Values;

/// <summary>Reads cells by which rows are found again: ids and names of platforms.</summary>
internal static class CellKey
{
    /// <summary>Why a key is not taken that a spreadsheet turned into a number and shortened.</summary>
    public const string Changed = "changed by a spreadsheet";

    /// <summary>A trimmed key without what a spreadsheet adds: <c>'5001</c> is <c>5001</c>, <c>5002.0</c> is <c>5002</c>.</summary>
    public static ReadOnlySpan<byte> Normalize(ReadOnlySpan<byte> trimmed)
    {
        trimmed = trimmed.TrimStart((byte)'\'');
        if (trimmed.Length > 2 && trimmed[^1] == (byte)'0')
        {
            var whole = trimmed.TrimEnd((byte)'0');
            if (whole is [.., (byte)'.'] && whole.Length > 1 && whole[..^1].IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0)
            {
                return whole[..^1];
            }
        }

        return trimmed;
    }

    /// <summary>Whether it is a number as spreadsheets print long ones: <c>5.00124E+12</c>, <c>5,00124E+12</c>. Its digits are lost.</summary>
    public static bool IsChanged(ReadOnlySpan<byte> trimmed)
    {
        trimmed = trimmed.TrimStart((byte)'\'').TrimStart((byte)'-');
        var e = trimmed.IndexOfAny((byte)'E', (byte)'e');
        if (e < 1 || trimmed.Length - e is < 3 or > 5 || trimmed[e + 1] != (byte)'+'
            || trimmed[(e + 2)..].IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0 || (uint)(trimmed[0] - '0') > 9)
        {
            return false;
        }

        return e == 1
            || (e > 2 && trimmed[1] is (byte)'.' or (byte)',' && trimmed[2..e].IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0);
    }
}
