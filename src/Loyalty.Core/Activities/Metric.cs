namespace Loyalty.Activities;

/// <summary>What a tier program or a mission measures.</summary>
public enum Metric
{
    /// <summary>Sales, in minor units of the program's currency.</summary>
    Sales,

    /// <summary>Units sold.</summary>
    Units,

    /// <summary>The number of activities.</summary>
    Videos,

    /// <summary>Views.</summary>
    Views,

    /// <summary>Likes.</summary>
    Likes,

    /// <summary>Comments.</summary>
    Comments,
}
