await Loyalty.WineClub.WalkThrough.RunAsync(Console.Out, args is [var folder] ? folder : "wine-club");
