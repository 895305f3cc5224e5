namespace Loyalty.Storage.Members;

/// <summary>Thrown when the totals of a member leave the range of 64-bit integers; nothing was changed.</summary>
public sealed class MemberOverflowException : OverflowException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="handle">The member.</param>
    /// <param name="cause">The sum that did not fit.</param>
    public MemberOverflowException(string handle, OverflowException? cause = null)
        : base(
            $"The totals of member '{handle}' leave the range of 64-bit integers (±9,223,372,036,854,775,807 minor units or counts); check the amounts in the input.",
            cause) => Handle = handle;

    /// <summary>The member.</summary>
    public string Handle { get; }
}
