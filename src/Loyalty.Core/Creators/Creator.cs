namespace Loyalty.Creators;

/// <summary>A creator: the one truth that the sources were merged into, and the evidence it was merged from.</summary>
/// <remarks>Immutable. Texts that are not known are empty. Equality is by content.</remarks>
public sealed record Creator
{
    /// <summary>The handle, normalised; unique in a tenant.</summary>
    public required string Handle { get; init; }

    /// <summary>The e-mail address in its normal form.</summary>
    public string Email { get; init; } = "";

    /// <summary>A full and valid phone number as E.164; a masked or invalid one never stands here.</summary>
    public string Phone { get; init; } = "";

    /// <summary>Whether the phone number is known in full: it is exactly when there is one.</summary>
    public bool IsPhoneVerified => Phone.Length > 0;

    /// <summary>The first name, repaired.</summary>
    public string FirstName { get; init; } = "";

    /// <summary>The last name, repaired.</summary>
    public string LastName { get; init; } = "";

    /// <summary>The postal address, from one row of one source.</summary>
    public PostalAddress Address { get; init; }

    /// <summary>How many followers; <see langword="null"/> when unknown.</summary>
    public long? Followers { get; init; }

    /// <summary>Sales as the first source that knows them tells them; <see langword="null"/> when unknown.</summary>
    public decimal? Gmv { get; init; }

    /// <summary>Distinct videos.</summary>
    public int Videos { get; init; }

    /// <summary>Distinct samples, cancelled ones too.</summary>
    public int Samples { get; init; }

    /// <summary>The sources that know the creator, in the order of merging.</summary>
    public IReadOnlyList<CreatorSource> Sources { get; init; } = [];

    /// <summary>The tags given to the creator, in ordinal order.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>What the sources say.</summary>
    public CreatorEvidence Evidence { get; init; } = CreatorEvidence.None;

    /// <summary>Whether both have the same fields; evidence and tags are not looked at.</summary>
    public bool HasSameFields(Creator? other) =>
        other is not null && string.Equals(Handle, other.Handle, StringComparison.Ordinal) && string.Equals(Email, other.Email, StringComparison.Ordinal) && string.Equals(Phone, other.Phone, StringComparison.Ordinal) && string.Equals(FirstName, other.FirstName, StringComparison.Ordinal)
        && string.Equals(LastName, other.LastName, StringComparison.Ordinal) && Address == other.Address && Followers == other.Followers && Gmv == other.Gmv && Videos == other.Videos
        && Samples == other.Samples && Sources.SequenceEqual(other.Sources);

    /// <inheritdoc/>
    public bool Equals(Creator? other) =>
        HasSameFields(other) && Tags.SequenceEqual(other!.Tags, StringComparer.Ordinal) && Evidence.Equals(other.Evidence);

    /// <inheritdoc/>
    public override int GetHashCode() => Handle.GetHashCode(StringComparison.Ordinal);

    /// <summary>All members, written the same everywhere.</summary>
    public override string ToString() => InvariantText.Of(nameof(Creator), PrintMembers);
}
