namespace Loyalty.Host.Normalize;

/// <summary>What one line of input is to be read as.</summary>
public enum NormalizeInput
{
    /// <summary>A phone number, perhaps followed by a tab and its region.</summary>
    Phone,

    /// <summary>A user name of a platform.</summary>
    Handle,

    /// <summary>A person's name.</summary>
    Name,

    /// <summary>An e-mail address.</summary>
    Email,

    /// <summary>A masked phone number, its candidates and perhaps its region.</summary>
    MatchPhone,
}
