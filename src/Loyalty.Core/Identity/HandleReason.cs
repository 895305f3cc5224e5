namespace Loyalty.Identity;

/// <summary>Why a text got its <see cref="HandleStatus"/>.</summary>
public enum HandleReason
{
    /// <summary>Nothing to explain: the text is a handle.</summary>
    None,

    /// <summary>Nothing is there, or a stand-in for nothing (<c>-</c>, <c>N/A</c>, <c>null</c>).</summary>
    Missing,

    /// <summary>The bytes are not UTF-8, or the text has lone surrogates.</summary>
    Encoding,

    /// <summary>The text is longer than any link to a handle.</summary>
    Oversized,

    /// <summary>An e-mail address.</summary>
    Email,

    /// <summary>More than one word, and not several handles.</summary>
    InnerSpace,

    /// <summary>A character that the platform does not allow.</summary>
    Character,

    /// <summary>Fewer characters than the platform asks for.</summary>
    TooShort,

    /// <summary>More characters than the platform allows.</summary>
    TooLong,

    /// <summary>A dot where the platform allows none.</summary>
    DotPlacement,

    /// <summary>A link whose scheme, user part or host cannot be read.</summary>
    MalformedLink,

    /// <summary>A link to a host that is not the platform's, however much it looks like it.</summary>
    ForeignHost,

    /// <summary>Characters that stand for look-alike ASCII letters or mix scripts.</summary>
    Lookalike,

    /// <summary>Several handles.</summary>
    Several,

    /// <summary>Mask symbols hide a part.</summary>
    MaskSymbols,

    /// <summary>A link or label of another platform.</summary>
    OtherPlatform,

    /// <summary>A page of the platform, not of an account.</summary>
    Page,

    /// <summary>A video, post or story without its author's handle.</summary>
    Content,

    /// <summary>A numeric user id.</summary>
    UserId,

    /// <summary>TikTok's opaque, case-sensitive <c>sec_uid</c>.</summary>
    SecUid,

    /// <summary>A YouTube channel id.</summary>
    ChannelId,

    /// <summary>A custom or user name of old YouTube links; it need not equal the handle.</summary>
    LegacyName,

    /// <summary>A short link.</summary>
    ShortLink,
}
