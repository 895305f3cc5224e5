namespace Loyalty.Identity;

/// <summary>What a text turned out to be when it was read as a handle. Only <see cref="Ok"/> gives a key.</summary>
public enum HandleStatus
{
    /// <summary>A handle; its normal form was written.</summary>
    Ok,

    /// <summary>A stand-in for a missing value: empty, <c>-</c>, <c>N/A</c>, <c>null</c> and the like, standing bare.</summary>
    Placeholder,

    /// <summary>No handle can look like this on the platform.</summary>
    Invalid,

    /// <summary>Characters that look like others (<c>а</c> for <c>a</c>, <c>𝓷𝓪𝓶𝓮</c>): never a key, for a person to review.</summary>
    Suspect,

    /// <summary>Several handles in one text.</summary>
    Ambiguous,

    /// <summary>Parts are hidden by mask symbols: treat as missing.</summary>
    Masked,

    /// <summary>A well-formed link or id that names something else: a page, a video, a user id, another platform.</summary>
    NotAHandle,

    /// <summary>A short link that only the platform can resolve.</summary>
    Unresolved,
}
