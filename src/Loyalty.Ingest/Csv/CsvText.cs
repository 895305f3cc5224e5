using System.Text.Unicode;

namespace Loyalty.Ingest.Csv;

/// <summary>What bytes of a source are text.</summary>
internal static class CsvText
{
    /// <summary>Why a record is no text, when none of its cells alone is at fault.</summary>
    public const string NoText = "the record contains a NUL character or bytes that are no valid UTF-8";

    /// <summary>Whether bytes are valid UTF-8 without NUL.</summary>
    public static bool IsValid(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) && !bytes.Contains((byte)0);

    /// <summary>Why a cell is no text, or <see langword="null"/>.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="isNamed">Whether the encoding was named.</param>
    public static string? FaultOf(ReadOnlySpan<byte> cell, bool isNamed) =>
        !Utf8.IsValid(cell)
            ? isNamed
                ? "bytes that the named encoding does not have; name the file's own encoding"
                : "the bytes are no valid UTF-8; save the file as UTF-8, or name its encoding"
            : cell.Contains((byte)0) ? "the text contains a NUL character" : null;
}

/// <summary>What is wrong with the shape of a record.</summary>
/// <param name="Reason">Why, in words.</param>
/// <param name="OutranksEncoding">Whether it is told even when the record is no valid text.</param>
internal sealed record CsvFault(string Reason, bool OutranksEncoding);
