namespace Loyalty.Identity;

/// <summary>What a number is used for, as the numbering plan of its region has it.</summary>
public enum PhoneNumberType
{
    /// <summary>No range of the region holds the number: it is not valid.</summary>
    Unknown,

    /// <summary>A fixed line.</summary>
    FixedLine,

    /// <summary>A mobile phone.</summary>
    Mobile,

    /// <summary>Fixed or mobile: the plan does not tell them apart (United States, for example).</summary>
    FixedLineOrMobile,

    /// <summary>Free for the caller.</summary>
    TollFree,

    /// <summary>The caller pays more than a call.</summary>
    PremiumRate,

    /// <summary>The cost is shared between caller and called.</summary>
    SharedCost,

    /// <summary>Telephony over the internet without a place.</summary>
    Voip,

    /// <summary>A number that belongs to a person, not to a line.</summary>
    PersonalNumber,

    /// <summary>A pager.</summary>
    Pager,

    /// <summary>A company's number for all its places.</summary>
    Uan,

    /// <summary>Access to voice mail.</summary>
    Voicemail,
}
