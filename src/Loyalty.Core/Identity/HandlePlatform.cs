namespace Loyalty.Identity;

/// <summary>The platform whose rules a handle follows.</summary>
public enum HandlePlatform
{
    /// <summary>TikTok: ASCII letters, digits, <c>_</c> and <c>.</c>; 2 to 24 characters; no dot at the end.</summary>
    TikTok,

    /// <summary>Instagram: ASCII letters, digits, <c>_</c> and <c>.</c>; 1 to 30 characters; no dot at either end, no two dots in a row.</summary>
    Instagram,

    /// <summary>YouTube: letters and digits of any script, <c>_ - . ·</c>; 3 to 30 characters.</summary>
    YouTube,
}
