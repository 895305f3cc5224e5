namespace Loyalty.Identity;

/// <summary>Why a text is no e-mail address.</summary>
public enum EmailReason
{
    /// <summary>It is one.</summary>
    None,

    /// <summary>Nothing is there, or a stand-in for nothing (<c>-</c>, <c>N/A</c>, <c>null</c>).</summary>
    Missing,

    /// <summary>The bytes are not UTF-8, or the text has lone surrogates.</summary>
    Encoding,

    /// <summary>Longer than any address.</summary>
    Oversized,

    /// <summary>Mask symbols hide a part: treat as missing.</summary>
    Masked,

    /// <summary>No <c>@</c>, or nothing in front of it.</summary>
    NotAnAddress,

    /// <summary>More than one address.</summary>
    Several,

    /// <summary>A space or another character that addresses do not have.</summary>
    Character,

    /// <summary>The part behind the <c>@</c> is no domain name with a dot.</summary>
    Domain,
}
