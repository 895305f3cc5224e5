namespace Loyalty.Identity;

/// <summary>Why a text is not a valid number. From <see cref="TooShort"/> on there is a number, but not a valid one.</summary>
public enum PhoneReason
{
    /// <summary>Nothing to explain: the number is valid.</summary>
    None,

    /// <summary>Nothing is there but white space.</summary>
    Missing,

    /// <summary>Digits are masked: evidence (<see cref="MaskedPhoneNumber"/>), not a number.</summary>
    Masked,

    /// <summary>The text does not look like a number.</summary>
    NotANumber,

    /// <summary>The number is national and no usable region was given.</summary>
    RegionNeeded,

    /// <summary>No region has the calling code.</summary>
    UnknownCallingCode,

    /// <summary>Too few digits to be any number.</summary>
    NoDigits,

    /// <summary>More than 250 characters, or more than 17 national digits.</summary>
    Oversized,

    /// <summary>Shorter than the numbers of its calling code.</summary>
    TooShort,

    /// <summary>Longer than the numbers of its calling code.</summary>
    TooLong,

    /// <summary>A length between those that the numbers of its calling code have.</summary>
    InvalidLength,

    /// <summary>A number of an area without its area code.</summary>
    LocalOnly,

    /// <summary>A possible length, but no range of the plan holds the number.</summary>
    Unassigned,
}
