namespace Loyalty.Identity;

/// <summary>What the length of a number alone says, by the plan of its calling code's main region.</summary>
public enum PhonePossibility
{
    /// <summary>There is no number.</summary>
    None,

    /// <summary>A length that numbers have.</summary>
    Possible,

    /// <summary>A length that can be dialled within an area only; counts as possible.</summary>
    LocalOnly,

    /// <summary>Shorter than any number.</summary>
    TooShort,

    /// <summary>Longer than any number.</summary>
    TooLong,

    /// <summary>Between the lengths that numbers have.</summary>
    InvalidLength,
}
