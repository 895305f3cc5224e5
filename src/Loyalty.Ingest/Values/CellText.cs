using System.Runtime.CompilerServices;

namespace Loyalty.Ingest.Values;

/// <summary>What all cells have in common: space around them and markers for "nothing here".</summary>
internal static class CellText
{
    /// <summary>Without white space (ASCII and no-break space) around it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> cell) =>
        // Nearly all cells have none.
        cell.IsEmpty || (IsPlain(cell[0]) && IsPlain(cell[^1])) ? cell : TrimAny(cell);

    private static ReadOnlySpan<byte> TrimAny(ReadOnlySpan<byte> cell)
    {
        while (true)
        {
            cell = cell.Trim(" \t\r\n\v\f"u8);
            if (cell.StartsWith("\u00A0"u8))
            {
                cell = cell[2..];
            }
            else if (cell.EndsWith("\u00A0"u8))
            {
                cell = cell[..^2];
            }
            else
            {
                return cell;
            }
        }
    }

    private static bool IsPlain(byte b) => b is > (byte)' ' and < 0x7F;

    /// <summary>Whether a trimmed cell says that there is no value: empty, <c>-</c>, <c>--</c> or <c>N/A</c> in any case.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsMissing(ReadOnlySpan<byte> trimmed) => trimmed.Length <= 3 && IsMarker(trimmed);

    private static bool IsMarker(ReadOnlySpan<byte> trimmed) => trimmed.Length switch
    {
        0 => true,
        1 => trimmed[0] == (byte)'-',
        2 => trimmed[0] == (byte)'-' && trimmed[1] == (byte)'-',
        3 => (trimmed[0] | 0x20) == (byte)'n' && trimmed[1] == (byte)'/' && (trimmed[2] | 0x20) == (byte)'a',
        _ => false,
    };
}
