using Loyalty.Identity;

namespace Loyalty.Ingest.Values;

/// <summary>Reads handles; what is no handle is rejected with its status as the reason.</summary>
internal static class CellHandle
{
    /// <summary>Normalises a cell as a handle of TikTok.</summary>
    /// <returns><see langword="null"/>, or the status as the reason.</returns>
    public static string? TryTikTok(ReadOnlySpan<byte> cell, Span<byte> destination, out int length) =>
        Handle.Normalize(cell, HandlePlatform.TikTok, destination, out length, out _) switch
        {
            HandleStatus.Ok => null,
            HandleStatus.Placeholder => "placeholder",
            HandleStatus.Suspect => "suspect",
            HandleStatus.Ambiguous => "ambiguous",
            HandleStatus.Masked => "masked",
            HandleStatus.NotAHandle => "not_a_handle",
            HandleStatus.Unresolved => "unresolved",
            _ => CellKey.IsChanged(CellText.Trim(cell)) ? CellKey.Changed : "invalid",
        };
}
