namespace Loyalty.Identity;

/// <summary>How a full number agrees with a mask, weakest first.</summary>
public enum MaskFit
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>The visible digits at both ends agree, the number of symbols does not: weak evidence.</summary>
    Lenient,

    /// <summary>Every visible digit stands in its place.</summary>
    Strict,
}

/// <summary>Why a text is no usable mask.</summary>
public enum MaskedPhoneReason
{
    /// <summary>It is one.</summary>
    None,

    /// <summary>The text has no mask symbols, or far too many.</summary>
    NotMasked,

    /// <summary>There is no calling code, and no hint to take it from.</summary>
    NoCallingCode,

    /// <summary>No national digit is visible: every number would fit.</summary>
    NoVisibleDigit,
}

/// <summary>What came of comparing a mask with candidates.</summary>
public enum MaskedPhoneOutcome
{
    /// <summary>No candidate fits.</summary>
    None,

    /// <summary>One number fits.</summary>
    Matched,

    /// <summary>Several numbers fit equally well.</summary>
    Ambiguous,
}

/// <summary>The result of comparing a mask with candidates.</summary>
public readonly struct MaskedPhoneMatch
{
    internal MaskedPhoneMatch(PhoneNumber number, MaskFit fit, int hits)
    {
        Number = number;
        Fit = fit;
        Hits = hits;
    }

    /// <summary>The one number that fits; none unless <see cref="Outcome"/> is <see cref="MaskedPhoneOutcome.Matched"/>.</summary>
    public PhoneNumber Number { get; }

    /// <summary>How well the numbers fit; a match that is only lenient is to be shown as weak.</summary>
    public MaskFit Fit { get; }

    /// <summary>How many different numbers fit that well.</summary>
    public int Hits { get; }

    /// <summary>What came of it.</summary>
    public MaskedPhoneOutcome Outcome => Hits switch
    {
        0 => MaskedPhoneOutcome.None,
        1 => MaskedPhoneOutcome.Matched,
        _ => MaskedPhoneOutcome.Ambiguous,
    };
}
