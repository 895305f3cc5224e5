namespace Loyalty.Creators;

/// <summary>What a source may say of a creator.</summary>
public enum CreatorField
{
    /// <summary>The e-mail address in its normal form.</summary>
    Email,

    /// <summary>A full and valid phone number as E.164.</summary>
    Phone,

    /// <summary>A phone number of which digits are hidden, as given: evidence, never a value.</summary>
    MaskedPhone,

    /// <summary>The first name, repaired.</summary>
    FirstName,

    /// <summary>The last name, repaired.</summary>
    LastName,

    /// <summary>The postal address, one unit of six columns.</summary>
    Address,

    /// <summary>How many followers.</summary>
    Followers,

    /// <summary>Sales attributed to the creator, as the source tells them.</summary>
    Gmv,
}
